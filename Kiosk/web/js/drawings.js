// The drawings of gestures, 480 × 320 each. Shapes and their movement are styled in css/drawings.css;
// with reduced motion each still tells the gesture.

import { svg } from "./dom.js";

const CARD = `
  <g class="d-card">
    <rect class="d-card-face" x="0" y="0" width="172" height="108" rx="10"/>
    <path class="d-card-wave" d="M0 78c40-22 70 14 172-22v42a10 10 0 0 1-10 10H10a10 10 0 0 1-10-10z"/>
    <rect class="d-ink" x="16" y="20" width="46" height="8" rx="4"/>
    <rect class="d-ink-soft" x="16" y="40" width="70" height="7" rx="3.500"/>
    <rect class="d-ink-soft" x="16" y="56" width="58" height="7" rx="3.500"/>
    <rect class="d-ink" x="16" y="84" width="118" height="8" rx="4"/>
    <rect class="d-photo" x="112" y="16" width="46" height="56" rx="5"/>
    <circle class="d-person" cx="135" cy="36" r="10"/>
    <path class="d-person" d="M118 72c0-26 34-26 34 0z"/>
  </g>`;

const READER = `
  <path class="d-shadow" d="M70 300h340l-14 12H84z"/>
  <rect class="d-device" x="60" y="176" width="360" height="124" rx="22"/>
  <rect class="d-device-top" x="78" y="190" width="324" height="96" rx="14"/>
  <rect class="d-target" x="148" y="180" width="184" height="116" rx="14"/>
  <path class="d-waves" d="M352 214a34 34 0 0 1 0 48M370 202a54 54 0 0 1 0 72M128 214a34 34 0 0 0 0 48M110 202a54 54 0 0 0 0 72"/>`;

const arrow = (x, y, direction) => `
  <g class="d-arrow d-arrow-${direction}"><path transform="translate(${x} ${y}) rotate(${direction === "up" ? 180 : 0})"
    d="M-11-34h22v32h20L0 32-31-2h20z"/></g>`;

const SHEET = `
  <path class="d-paper" d="M0 0h132l26 26v164H0z"/>
  <path class="d-fold" d="M132 0v26h26z"/>
  <rect class="d-ink" x="20" y="34" width="70" height="9" rx="4.500"/>
  <path class="d-lines" d="M20 64h118M20 84h118M20 104h92M20 132h118M20 152h74"/>`;

const DRAWINGS = {
  "lay-card": `${READER}<g class="d-move d-lay"><g transform="translate(154 184)">${CARD}</g></g>${arrow(420, 96, "down")}`,
  "take-card": `${READER}<g class="d-move d-lift"><g transform="translate(154 184)">${CARD}</g></g>${arrow(420, 96, "up")}`,
  "insert-pages": `
    <path class="d-tray" d="M134 214 158 60h164l24 154z"/>
    <svg width="480" height="280" viewBox="0 0 480 280"><g class="d-move d-insert"><g transform="translate(161 22)">${SHEET}</g></g></svg>
    <rect class="d-device" x="70" y="206" width="340" height="96" rx="20"/>
    <rect class="d-slot" x="118" y="200" width="244" height="14" rx="7"/>
    <circle class="d-light" cx="376" cy="262" r="8"/>
    <rect class="d-device-line" x="100" y="254" width="180" height="16" rx="8"/>${arrow(420, 116, "down")}`,
  "lay-page": `
    <path class="d-shadow" d="M70 300h340l-14 12H84z"/>
    <rect class="d-device" x="60" y="186" width="360" height="116" rx="22"/>
    <path class="d-device" d="M392 200V62a34 34 0 0 0-34-34H258v26h96a12 12 0 0 1 12 12v134z"/>
    <rect class="d-device" x="198" y="18" width="84" height="46" rx="12"/>
    <circle class="d-light" cx="240" cy="58" r="10"/>
    <path class="d-view" d="M232 74 118 194h244L248 74z"/>
    <g transform="translate(146 198) scale(1.190 .470)">${SHEET}</g>`,
  "take-receipt": `
    <rect class="d-device" x="70" y="24" width="340" height="104" rx="20"/>
    <rect class="d-slot" x="128" y="102" width="224" height="14" rx="7"/>
    <circle class="d-light" cx="376" cy="58" r="8"/>
    <svg x="0" y="109" width="480" height="211" viewBox="0 109 480 211"><g class="d-move d-receipt">
      <path class="d-paper" d="M152 60h176v226l-16-10-16 10-16-10-16 10-16-10-16 10-16-10-16 10-16-10-16 10-16-10z"/>
      <path class="d-check" d="m216 154 17 17 32-35"/>
      <path class="d-lines" d="M176 200h128M176 220h128M176 240h86"/>
    </g></svg>${arrow(420, 216, "down")}`,
};

/** The drawing of that name; null when there is none, the words beside it then stand alone. */
export function drawing(name) {
  if (!Object.hasOwn(DRAWINGS, name)) return null;
  return svg(`<svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox="0 0 480 320">${DRAWINGS[name]}</svg>`);
}
