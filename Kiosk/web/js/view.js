// A Screen becomes elements. Every push is a whole screen; what has not changed keeps its element, so that a drawing goes on moving and
// a scroll position stays.

import { actions } from "./actions.js";
import { component } from "./components.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { ScrollButtons } from "./scroll.js";

const byId = (id) => document.getElementById(id);

export class View {
  #strings;
  #touch;
  #shown = null; // { session, name }
  #rendered = []; // [{ source, node }] of the body
  #scroll;

  constructor(strings, touch) {
    this.#strings = strings;
    this.#touch = touch;
    this.#scroll = new ScrollButtons(byId("main"), byId("scroll"), strings);
    byId("mark").append(icon("mark"));
  }

  /** Shows the update; answers whether it is another screen than before. */
  show({ session, screen }) {
    const isNew = this.#shown?.session !== session || this.#shown?.name !== screen.name || this.#shown?.language !== screen.language;
    if (isNew) this.#rendered = [];
    this.#shown = { session, name: screen.name, language: screen.language };
    const strings = this.#strings;
    strings.language = screen.language;
    document.documentElement.lang = screen.language;
    document.title = strings.get("page.brand");
    document.body.dataset.screen = screen.name;
    document.body.dataset.tone = screen.tone;
    byId("brand").textContent = strings.get("page.brand");
    byId("title").textContent = strings.text(screen.title);
    byId("emblem").replaceChildren(...(screen.tone === "normal" ? [] : [icon(screen.tone)]));
    byId("step").replaceChildren(...this.#step(screen.step));
    this.#body(screen.body);
    byId("actions").replaceChildren(...actions(screen.actions, { strings, touch: this.#touch }));
    byId("kiosk").inert = false;
    if (isNew) {
      byId("main").scrollTop = 0;
      byId("title").focus({ preventScroll: true });
    } else {
      this.#announce(screen);
    }
    this.#scroll.refresh();
    return isNew;
  }

  /** Nothing of a citizen stays in the page. */
  clear() {
    this.#shown = null;
    this.#rendered = [];
    for (const id of ["emblem", "title", "step", "body", "actions", "announcer"]) byId(id).replaceChildren();
    byId("kiosk").inert = true;
    this.#scroll.refresh();
  }

  #body(components) {
    const root = byId("body");
    const context = { strings: this.#strings, touch: this.#touch, root };
    this.#rendered = components.map((value, index) => {
      const source = JSON.stringify(value);
      const before = this.#rendered[index];
      return before?.source === source ? before : { source, node: component(value, context) };
    });
    const nodes = this.#rendered.map(({ node }) => node).filter((node) => node !== null);
    // Moving a node restarts its animation: touch only what differs.
    nodes.forEach((node, index) => {
      if (root.children[index] !== node) root.insertBefore(node, root.children[index] ?? null);
    });
    while (root.children.length > nodes.length) root.lastChild.remove();
    root.dataset.picture = String(components.some(({ type }) => type === "illustration"));
  }

  #step(step) {
    if (!step) return [];
    const dots = Array.from({ length: step.total }, (_, index) => el("span", { class: index < step.current ? "dot is-past" : "dot" }));
    const words = this.#strings.get("page.step", { current: String(step.current), total: String(step.total) });
    return [el("span", { class: "step-words" }, words), el("span", { class: "dots", "aria-hidden": "true" }, ...dots)];
  }

  #announce(screen) {
    const spoken = screen.body.filter(({ type }) => type === "notice" || type === "progress").map(({ text }) => this.#strings.text(text));
    const words = [this.#strings.text(screen.title), ...spoken].join("。");
    if (byId("announcer").textContent !== words) byId("announcer").textContent = words;
  }
}
