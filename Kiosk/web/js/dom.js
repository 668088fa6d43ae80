// Two helpers that keep the renderers readable. Nothing here parses text as HTML: words of a screen always arrive as text nodes.

/** An element with attributes and children; null children are left out, strings become text. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** An inline drawing from this program's own SVG source, hidden from speech: the words beside it say the same. */
export function svg(source) {
  const document_ = new DOMParser().parseFromString(source, "image/svg+xml");
  const node = document.importNode(document_.documentElement, true);
  node.setAttribute("aria-hidden", "true");
  node.setAttribute("focusable", "false");
  return node;
}
