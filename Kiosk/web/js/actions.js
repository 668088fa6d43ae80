// The buttons of a screen: what goes on, large; what leads away, in one quiet row below.

import { el } from "./dom.js";
import { icon } from "./icons.js";

// The icons that help on a main button; "back" and "exit" there would point away from what the words say.
const MAIN_ICONS = {
  scan: "scan", scanFronts: "page", takePicture: "camera", retry: "retry", discardPages: "retry", confirm: "done", finishMaterial: "done", submit: "done",
  done: "done",
};

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

/** The rows that a screen's actions stand in; none is empty. */
export function actionRows(list) {
  return [{ quiet: false, list: list.filter((action) => !isQuiet(action)) }, { quiet: true, list: list.filter(isQuiet) }]
    .filter((row) => row.list.length > 0);
}

export function actionRow({ quiet, list }, context) {
  return el("div", { class: quiet ? "actions-quiet" : "actions-main" }, ...list.map((action) => button(action, context)));
}
