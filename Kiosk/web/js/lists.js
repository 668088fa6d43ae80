// Rows to touch, and the scanned pages.

import { button } from "./actions.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";

function words(strings, title, detail, detailClass = "row-detail") {
  return el(
    "span", { class: "row-words" },
    el("span", { class: "row-title" }, strings.text(title)),
    detail ? el("span", { class: detailClass }, strings.text(detail)) : null);
}

export function choice({ rows }, { strings, touch }) {
  const list = el("ul", { class: "rows" });
  for (const row of rows) {
    const closed = Boolean(row.unavailable);
    const button = el(
      "button",
      { type: "button", class: "row", "data-kind": row.touch.kind, "aria-disabled": closed ? "true" : null, "data-unavailable": closed },
      words(strings, row.title, closed ? row.unavailable : row.detail, closed ? "row-reason" : "row-detail"),
      icon(closed ? "unavailable" : "next"));
    if (!closed) button.addEventListener("click", () => touch(row.touch, button));
    list.append(el("li", {}, button));
  }
  return list;
}

export function checklist({ rows }, { strings, touch }) {
  const list = el("ul", { class: "rows" });
  for (const row of rows) {
    const parts = [
      el("span", { class: "state-icon" }, icon(row.state)),
      words(strings, row.title, row.detail),
      el("span", { class: "state" }, strings.get(`page.state.${row.state}`)),
    ];
    if (row.touch) {
      const button = el("button", { type: "button", class: "row", "data-state": row.state, "data-kind": row.touch.kind }, ...parts);
      button.addEventListener("click", () => touch(row.touch, button));
      list.append(el("li", {}, button));
    } else {
      list.append(el("li", {}, el("div", { class: "row is-plain", "data-state": row.state }, ...parts)));
    }
  }
  return list;
}

/** Thumbnails; one that is already on the screen is moved, not fetched again. */
export function pages({ rows }, context) {
  const { strings, root } = context;
  const known = new Map([...root.querySelectorAll("[data-page]")].map((node) => [node.dataset.page, node]));
  const list = el("ul", { class: "pages", "data-count": Math.min(rows.length, 5) });
  for (const row of rows) {
    const label = strings.text(row.label);
    const picture = known.get(row.id) ?? image(row.id, strings);
    const advice = row.advice ?? [];
    const actions = row.actions ?? [];
    list.append(el(
      "li", {},
      el(
        "figure", { class: "page", "data-flawed": advice.length > 0 }, picture,
        el(
          "figcaption", {}, label,
          actions.length > 0 ? el("span", { class: "page-actions" }, ...actions.map((action) => button(action, context))) : null,
          ...advice.map((text) => el("span", { class: "page-advice" }, icon("attention"), el("span", {}, strings.text(text))))))));
  }
  return list;
}

function image(id, strings) {
  // The caption names it; a second name would be read twice.
  const picture = el("img", { alt: "", draggable: "false", hidden: true });
  const words = el("span", { class: "page-missing" }, strings.get("page.previewComing"));
  const frame = el("span", { class: "page-image", "data-page": id }, words, picture);
  picture.addEventListener("load", () => {
    picture.hidden = false;
    words.remove();
  });
  picture.addEventListener("error", () => {
    words.textContent = strings.get("page.noPreview");
    frame.prepend(icon("page"));
  });
  picture.src = `/pages/${encodeURIComponent(id)}`;
  return frame;
}
