// The buttons of a screen: what goes on, large; what leads away, in one quiet row below.

import { el } from "./dom.js";
import { icon } from "./icons.js";

// The icons that help on a main button; "back" and "exit" there would point away from what the words say.
const MAIN_ICONS = { scan: "scan", retry: "retry", discardPages: "retry", confirm: "done", finishMaterial: "done", submit: "done", done: "done" };

// The way back stands beside the other ways out, unless it is what the screen is for.
const isQuiet = ({ style, touch }) => style === "quiet" || (touch.kind === "back" && style === "secondary");

export function button(action, { strings, touch }) {
  const quiet = isQuiet(action);
  const node = el(
    "button", { type: "button", class: `action is-${quiet ? "quiet" : action.style}`, "data-kind": action.touch.kind },
    icon((quiet ? action.touch.kind : MAIN_ICONS[action.touch.kind]) ?? ""), el("span", {}, strings.text(action.label)));
  node.addEventListener("click", () => touch(action.touch, node));
  return node;
}

export function actions(list, context) {
  const row = (name, wanted) => {
    const nodes = list.filter((action) => isQuiet(action) === wanted).map((action) => button(action, context));
    return nodes.length > 0 ? el("div", { class: name }, ...nodes) : null;
  };
  return [row("actions-main", false), row("actions-quiet", true)].filter((node) => node !== null);
}
