// Line icons on a 24 × 24 grid, drawn with the colour of the text beside them.

import { svg } from "./dom.js";

const PATHS = {
  normal: '<circle cx="12" cy="12" r="9.5"/><path d="M12 11v6M12 7v.2"/>',
  success: '<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-6.5"/>',
  attention: '<path d="M12 2.8 22 20.5H2z"/><path d="M12 9.5v5M12 17.4v.2"/>',
  problem: '<path d="M8 2.5h8L21.500 8v8L16 21.500H8L2.500 16V8z"/><path d="m9 9 6 6M15 9l-6 6"/>',
  back: '<path d="M10 5 3.500 12l6.500 7M4 12h17"/>',
  exit: '<path d="M10 3.500H4.500v17H10M9.500 12h11M16 7l5 5-5 5"/>',
  help: '<circle cx="12" cy="12" r="9.5"/><path d="M9 9.500a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.400v.2"/>',
  chooseLanguage: '<circle cx="12" cy="12" r="9.5"/><path d="M2.500 12h19M12 2.500c6 6 6 13 0 19M12 2.500c-6 6-6 13 0 19"/>',
  retry: '<path d="M20.500 12a8.500 8.500 0 1 1-2.700-6.200M20.500 3v4.500H16"/>',
  scan: '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M3 12h18"/>',
  camera: '<path d="M3 7.500h4.500L9.500 4.500h5l2 3H21v12H3z"/><circle cx="12" cy="13" r="3.800"/>',
  next: '<path d="m9 5 7 7-7 7"/>',
  up: '<path d="m5 15 7-7 7 7"/>',
  down: '<path d="m5 9 7 7 7-7"/>',
  done: '<path d="m5 12.500 4.500 4.500L19.500 7"/>',
  missing: '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M3 12h18"/>',
  optional: '<path d="M12 5v14M5 12h14"/>',
  unavailable: '<circle cx="12" cy="12" r="9.5"/><path d="m5.500 18.500 13-13"/>',
  page: '<path d="M6 2.500h8.500l4 4v15H6zM14 2.500v4.500h4.500M9 12h6M9 16h6"/>',
  mark: '<path d="M3 9.500 12 3l9 6.500M4.500 9.500h15M6.500 10v8M10.200 10v8M13.800 10v8M17.500 10v8M3.500 20.500h17"/>',
};

/** An icon, or null for a name without one. */
export function icon(name) {
  if (!Object.hasOwn(PATHS, name)) return null;
  const node = svg(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${PATHS[name]}</svg>`);
  node.setAttribute("class", `icon icon-${name}`);
  return node;
}
