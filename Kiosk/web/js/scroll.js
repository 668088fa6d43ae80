// Two large buttons where a screen is longer than the panel: nobody has to know that one can drag.

import { el } from "./dom.js";
import { icon } from "./icons.js";

export class ScrollButtons {
  #area;
  #bar;
  #strings;

  constructor(area, bar, strings) {
    this.#area = area;
    this.#bar = bar;
    this.#strings = strings;
    area.addEventListener("scroll", () => this.#update(), { passive: true });
    new ResizeObserver(() => this.refresh()).observe(area);
    // Late pictures make a screen longer after it was shown.
    area.addEventListener("load", () => this.refresh(), true);
  }

  refresh() {
    const overflows = this.#area.scrollHeight > this.#area.clientHeight + 4;
    const was = !this.#bar.hidden;
    this.#bar.hidden = !overflows;
    if (overflows) this.#area.tabIndex = 0;
    else this.#area.removeAttribute("tabindex");
    if (overflows) this.#bar.replaceChildren(this.#button("up", "page.scrollUp", -1), this.#button("down", "page.scrollDown", 1));
    if (overflows && !was) this.#area.scrollTop = 0;
    this.#update();
  }

  #button(name, key, direction) {
    const button = el("button", { type: "button", class: "scroll-button", "data-direction": name }, icon(name), this.#strings.get(key));
    button.addEventListener("click", () => {
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      this.#area.scrollBy({ top: direction * this.#area.clientHeight * 0.8, behavior });
    });
    return button;
  }

  #update() {
    const { scrollTop, scrollHeight, clientHeight } = this.#area;
    const [up, down] = this.#bar.children;
    if (!up || !down) return;
    up.disabled = scrollTop < 4;
    down.disabled = scrollTop + clientHeight > scrollHeight - 4;
  }
}
