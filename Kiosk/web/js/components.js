// One function a component of a Screen; lists of things to touch are in lists.js.

import { el } from "./dom.js";
import { drawing } from "./drawings.js";
import { icon } from "./icons.js";
import { checklist, choice, pages } from "./lists.js";

function paragraph({ text }, { strings }) {
  return el("p", { class: "paragraph" }, strings.text(text));
}

function notice({ tone, text }, { strings }) {
  return el(
    "div", { class: "notice", "data-tone": tone },
    icon(tone),
    el("p", {}, el("span", { class: "unseen" }, strings.get(`page.tone.${tone}`), " "), strings.text(text)));
}

function facts({ rows }, { strings }) {
  const list = el("dl", { class: "facts" });
  for (const row of rows) {
    list.append(el("div", { class: "fact" }, el("dt", {}, strings.text(row.label)), el("dd", {}, strings.text(row.value))));
  }
  return list;
}

function progress({ text, fraction }, { strings }) {
  const words = strings.text(text);
  const known = typeof fraction === "number";
  const percent = known ? Math.round(Math.min(1, Math.max(0, fraction)) * 100) : null;
  const fill = el("span", { class: "bar-fill" });
  if (known) fill.style.setProperty("--fraction", String(percent / 100));
  return el(
    "div", { class: "progress" },
    el("p", { class: "progress-text" }, words),
    el(
      "div",
      {
        class: known ? "bar" : "bar is-unknown", role: "progressbar", "aria-label": words,
        "aria-valuemin": known ? "0" : null, "aria-valuemax": known ? "100" : null, "aria-valuenow": percent,
      },
      fill));
}

function illustration({ name }) {
  return el("div", { class: "illustration", "data-name": name }, drawing(name));
}

function reference({ number }) {
  return el("p", { class: "reference", "data-long": number.length > 16 }, number);
}

/** One address is one look at the camera: the server replaces the picture until that look is over. */
function camera({ name, text }, { strings }) {
  const picture = el("img", { alt: strings.text(text), draggable: "false", src: `/camera/${encodeURIComponent(name)}` });
  const words = el("span", { class: "camera-words" }, strings.get("page.previewComing"));
  picture.addEventListener("load", () => words.remove());
  picture.addEventListener("error", () => { words.textContent = strings.get("page.noPreview"); });
  return el("div", { class: "camera" }, words, picture);
}

const RENDERERS = { paragraph, notice, facts, choice, checklist, pages, progress, illustration, camera, reference };

/** The element of one component; null for a type that this page does not know. */
export function component(value, context) {
  return Object.hasOwn(RENDERERS, value.type) ? RENDERERS[value.type](value, context) : null;
}
