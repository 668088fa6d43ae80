// The touchscreen in its frame: laid out at the panel's real 1080 × 1920 and scaled down to what fits.

import { el } from "./dom.js";

const PANEL = { width: 1080, height: 1920 };

/** Whether this browser has spent that start code; remembers it as spent. A cookie, because it must live exactly as long as the touchscreen's own. */
function visited(url) {
  const mark = `bench-start=${encodeURIComponent(url)}`;
  if (document.cookie.split("; ").includes(mark)) return true;
  document.cookie = `${mark}; SameSite=Strict; Path=/`;
  return false;
}

export class Stage {
  #stage = document.getElementById("stage");
  #link = document.getElementById("open");
  #url = null;
  #frame = null;

  constructor() {
    new ResizeObserver(() => this.#fit()).observe(this.#stage);
  }

  /** Loads the touchscreen when its address is new: its start code is good for one visit. */
  show(url) {
    if (!url || url === this.#url) return;
    this.#url = url;
    const source = visited(url) ? new URL("/", url).href : url;
    this.#frame = el("iframe", { class: "panel", title: "Touchscreen", src: source, allow: "autoplay", width: PANEL.width, height: PANEL.height });
    this.#stage.replaceChildren(this.#frame);
    this.#link.href = new URL("/", url).href;
    this.#link.hidden = false;
    this.#fit();
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#stage;
    const scale = Math.min(clientWidth / PANEL.width, clientHeight / PANEL.height);
    this.#frame?.style.setProperty("transform", `scale(${scale})`);
  }
}
