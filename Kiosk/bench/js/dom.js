// Small helpers of the bench page. Texts always become text nodes.

/** An element with attributes and children; null children are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function button(label, onClick, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", onClick);
  return node;
}

/** A state in words, coloured by what it means. */
export function badge(words, tone = "plain") {
  return el("span", { class: "badge", "data-tone": tone }, words);
}

/** A table that can be scrolled with the keyboard, or a sentence when it has no rows. */
export function table(label, heads, rows, empty) {
  if (rows.length === 0) return el("p", { class: "empty" }, empty);
  return el(
    "div", { class: "scroller", tabindex: "0", role: "group", "aria-label": label },
    el(
      "table", {},
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell)))))));
}

export function tray(id, title, ...children) {
  return [el("h2", { id: `${id}-title` }, title), ...children.filter((child) => child !== null)];
}
