// The warning before a time-out. It covers the whole screen, so nothing personal is left in view; it ticks here, and kioskd decides.

import { button } from "./actions.js";
import { el } from "./dom.js";

export class Countdown {
  #root = document.getElementById("countdown");
  #strings;
  #touch;
  #sound;
  #timer = null;
  #source = null;

  constructor(strings, touch, sound) {
    this.#strings = strings;
    this.#touch = touch;
    this.#sound = sound;
  }

  /** Shows or, with null, takes away the warning; answers whether it came or went. One that is pushed again while it runs goes on running. */
  show(countdown) {
    const wasHidden = this.#root.hidden;
    const source = JSON.stringify(countdown);
    if (countdown) document.getElementById("kiosk").inert = true;
    if (countdown && !wasHidden && source === this.#source) return false;
    this.#source = source;
    clearInterval(this.#timer);
    this.#root.hidden = !countdown;
    this.#root.replaceChildren();
    if (!countdown) {
      if (!wasHidden) document.getElementById("title").focus({ preventScroll: true });
      return !wasHidden;
    }
    const context = { strings: this.#strings, touch: this.#touch };
    const number = el("span", { class: "countdown-number", role: "timer" });
    const ring = el("div", { class: "countdown-ring" }, number);
    this.#root.append(
      el("h2", { id: "countdown-title", class: "title", tabindex: "-1" }, this.#strings.get("idle.title")),
      el("p", { class: "paragraph" }, this.#strings.get("idle.body")),
      ring,
      el("p", { class: "countdown-unit" }, this.#strings.get("page.secondsLeft")),
      el("div", { class: "actions-main" }, button(countdown.extend, context), button(countdown.leave, context)));
    if (wasHidden) document.getElementById("countdown-title").focus();
    this.#tick(countdown.seconds, performance.now(), number, ring);
    return wasHidden;
  }

  #tick(seconds, startedAt, number, ring) {
    let shown = null;
    const update = () => {
      const left = Math.max(0, Math.ceil(seconds - (performance.now() - startedAt) / 1000));
      if (left === shown) return;
      shown = left;
      number.textContent = String(left);
      ring.style.setProperty("--left", String(seconds > 0 ? left / seconds : 0));
      if (left === seconds || left <= 5 || left % 10 === 0) this.#sound.warn();
      if (left === 0) clearInterval(this.#timer);
    };
    this.#timer = setInterval(update, 200);
    update();
  }
}
