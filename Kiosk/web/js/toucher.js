// One touch at a time. A touch is shown at once, sent once, and everything else waits until kioskd has answered with a screen.

// milliseconds without touches after a touch and after a new screen: a double tap's second half must not hit what has just appeared
const SETTLE = 400;
const PATIENCE = 3000; // milliseconds until the screen takes touches again when an accepted touch changed nothing

export class Toucher {
  #stream;
  #update = null;
  #quietSince = 0;
  #timer = null;
  #busy = false;

  constructor(stream) {
    this.#stream = stream;
  }

  /** A push arrived. `isNew`: other things to touch than before, not the same ones with new content. */
  shown(update, isNew) {
    this.#update = update;
    if (isNew) this.#quietSince = performance.now();
    this.#release();
  }

  /** No screen, no touches. */
  lost() {
    this.#update = null;
    this.#release();
  }

  async touch(touch, element) {
    const update = this.#update;
    if (this.#busy || update === null || performance.now() - this.#quietSince < SETTLE) return;
    this.#busy = true;
    this.#quietSince = performance.now();
    document.documentElement.classList.add("is-busy");
    element.classList.add("is-pressed");
    for (const button of document.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    const status = await this.#stream.post({ session: update.session, revision: update.revision, touch });
    if (this.#update !== update) return; // the next screen came first and has released already
    if (status === 202) {
      this.#timer = setTimeout(() => this.#release(), PATIENCE);
      return;
    }
    this.#release();
    // 409: the touch was made on a screen that is gone; its successor is on its way and says all there is to say.
    if (status !== 409) this.#stream.lost();
  }

  #release() {
    clearTimeout(this.#timer);
    this.#busy = false;
    document.documentElement.classList.remove("is-busy");
    for (const element of document.querySelectorAll(".is-pressed")) element.classList.remove("is-pressed");
    for (const button of document.querySelectorAll("button[aria-disabled]:not([data-unavailable])")) {
      button.removeAttribute("aria-disabled");
    }
  }
}
