// Short tones: a warning, a problem, a card or receipt still lying there. A browser that allows no sound stays silent and nothing else changes.

const REMIND = 5000; // milliseconds between reminders to take a card or receipt

export class Sound {
  #context = null;
  #reminder = null;
  #cause = null;

  warn() {
    this.#play([[660, 0, 0.18]]);
  }

  /** The tones of a screen that has just been pushed. */
  screen({ session, screen }) {
    const left = screen.body.find(({ type, name }) => type === "illustration" && name.startsWith("take-"));
    const alerts = screen.body.filter(({ type, tone }) => type === "notice" && (tone === "problem" || tone === "attention"));
    const cause = `${session} ${screen.name} ${left?.name ?? ""} ${JSON.stringify(alerts.map(({ text }) => text))}`;
    if (cause === this.#cause) return;
    this.silence();
    this.#cause = cause;
    const remind = () => this.#play([[784, 0, 0.15], [1047, 0.18, 0.25]]);
    if (alerts.length > 0) this.#play([[440, 0, 0.15], [440, 0.22, 0.2]]);
    if (!left) return;
    if (alerts.length === 0) remind();
    this.#reminder = setInterval(remind, REMIND);
  }

  silence() {
    clearInterval(this.#reminder);
    this.#cause = null;
  }

  #play(notes) {
    try {
      this.#context ??= new AudioContext();
      // Without leave to play, sounds would queue up and all come at once later.
      if (this.#context.state !== "running") {
        this.#context.resume().catch(() => {});
        return;
      }
      for (const [pitch, after, length] of notes) this.#note(pitch, this.#context.currentTime + after, length);
    } catch {
      this.#context = null;
    }
  }

  #note(pitch, start, length) {
    const tone = this.#context.createOscillator();
    const volume = this.#context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    tone.connect(volume).connect(this.#context.destination);
    tone.start(start);
    tone.stop(start + length);
  }
}
