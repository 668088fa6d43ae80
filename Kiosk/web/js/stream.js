// The two ways between page and kioskd: screens come down as server-sent events, touches go up as POSTs.

const RETRY_AFTER = 500; // milliseconds; kioskd may be restarting, and it is on this machine
const POST_DEADLINE = 5000; // milliseconds

export class Stream {
  #source = null;
  #retry = null;

  /** `onScreen(update)` for every push; `onLost()` as soon as the connection is gone. */
  constructor({ onScreen, onLost }) {
    this.onScreen = onScreen;
    this.onLost = onLost;
  }

  open() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource("/events");
    this.#source = source;
    source.addEventListener("screen", (event) => {
      if (source === this.#source) this.onScreen(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (source === this.#source) this.lost();
    });
  }

  /** Also called when a touch can't be delivered: a frozen kioskd keeps its connections open and says nothing. */
  lost() {
    this.#source?.close();
    this.#source = null;
    this.onLost();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), RETRY_AFTER);
  }

  /** The HTTP status, or 0 when kioskd could not be reached in time. The custom header keeps other origins out. */
  async post(event) {
    try {
      const answer = await fetch("/touch", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Kiosk": "touch" },
        body: JSON.stringify(event),
        cache: "no-store",
        credentials: "same-origin",
        signal: AbortSignal.timeout(POST_DEADLINE),
      });
      return answer.status;
    } catch {
      return 0;
    }
  }
}
