// A Screen becomes elements. Every push is a whole screen; what has not changed keeps its element, so that a drawing goes on moving, a scroll
// position stays, and a finger that is down on a button comes up on the same one.

import { actionRow, actionRows } from "./actions.js";
import { component } from "./components.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { ScrollButtons } from "./scroll.js";

const byId = (id) => document.getElementById(id);

/** A picture that has no end would go on loading unseen. */
function stopLoading(node) {
  for (const picture of node.querySelectorAll("img")) picture.removeAttribute("src");
}

export class View {
  #strings;
  #touch;
  #shown = null; // { session, name }
  #rendered = new Map(); // of body and actions: the element they fill → [{ source, node }]
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
    if (isNew) this.#rendered.clear();
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
    this.#fill(byId("actions"), actionRows(screen.actions), actionRow);
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
    this.#rendered.clear();
    stopLoading(byId("body"));
    for (const id of ["emblem", "title", "step", "body", "actions", "announcer"]) byId(id).replaceChildren();
    byId("kiosk").inert = true;
    this.#scroll.refresh();
  }

  #body(components) {
    const root = byId("body");
    this.#fill(root, components, component);
    root.dataset.picture = String(components.some(({ type }) => type === "illustration" || type === "camera"));
  }

  /** The values become the children of `root`, by `render(value, context)`. */
  #fill(root, values, render) {
    const before = [...(this.#rendered.get(root) ?? [])];
    const context = { strings: this.#strings, touch: this.#touch, root };
    const rendered = values.map((value) => {
      const source = JSON.stringify(value);
      const kept = before.findIndex((entry) => entry.source === source);
      return kept < 0 ? { source, node: render(value, context) } : before.splice(kept, 1)[0];
    });
    this.#rendered.set(root, rendered);
    const nodes = rendered.map(({ node }) => node).filter((node) => node !== null);
    // Moving a node restarts its animation and loses a press: what goes, goes first, and only what is new is put in.
    for (const node of [...root.children].filter((child) => !nodes.includes(child))) {
      stopLoading(node);
      node.remove();
    }
    nodes.forEach((node, index) => {
      if (root.children[index] !== node) root.insertBefore(node, root.children[index] ?? null);
    });
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
