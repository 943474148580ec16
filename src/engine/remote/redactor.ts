/** Keeps secrets out of messages: servers like to repeat the key that they refuse. */
export class Redactor {
  readonly #secrets: readonly string[];

  constructor(values: readonly (string | undefined)[]) {
    // "Bearer KEY" is a header's value, and KEY what a server repeats of it. Short values are no secrets but words.
    const parts = values.flatMap((value) => (value === undefined ? [] : [value, ...value.split(/\s+/)]));
    this.#secrets = [...new Set(parts)].filter(({ length }) => length >= 8).sort((a, b) => b.length - a.length);
  }

  redact(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text);
  }
}
