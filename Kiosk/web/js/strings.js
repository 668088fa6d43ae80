// The string tables. A text of a screen is a key with arguments, or words that come as they are.

const LANGUAGES = ["zh-Hans", "en"];

export class Strings {
  #tables = {};
  language = LANGUAGES[0];

  /** Fetches every table; throws when one can't be had, for the caller to try again. */
  async load() {
    await Promise.all(LANGUAGES.map(async (language) => {
      const answer = await fetch(`/strings/${language}.json`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`strings ${language}: ${answer.status}`);
      this.#tables[language] = await answer.json();
    }));
  }

  /** The words of a key: in the screen's language, else in Chinese, else the key itself so that the miss is seen. */
  get(key, values = {}) {
    const words = this.#tables[this.language]?.[key] ?? this.#tables[LANGUAGES[0]]?.[key] ?? key;
    return words.replace(/\{([A-Za-z]+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** The words of a Screen.Text. */
  text(text) {
    return text.text ?? this.get(text.key, text.arguments);
  }
}
