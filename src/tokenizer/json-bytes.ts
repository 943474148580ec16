const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Where a value lies in JSON text: its first byte, and the one behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Walks through the bytes of JSON text. Not a validator: it notices only what would lead it astray, and then throws
 * {@link OddJson}; whoever uses it reads the text in the ordinary way then.
 */
export class JsonCursor {
  readonly #json: Uint8Array;
  #at: number;
  /** The string that {@link string} read last: its bytes without escapes lie here, from `start` to `end`. */
  text: Uint8Array;
  start = 0;
  end = 0;

  constructor(json: Uint8Array, at = 0) {
    this.#json = json;
    this.#at = at;
    this.text = json;
  }

  /** The next byte that is no white space. */
  peek(): number {
    for (;;) {
      const byte = this.#json[this.#at];
      if (byte === undefined) throw new OddJson();
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at++;
    }
  }

  /** Goes past `byte`, if it is next. */
  accept(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.#at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.accept(byte)) throw new OddJson();
  }

  /** Reads an array, calling `item` at the beginning of each item, which it must go past. */
  array(item: (index: number) => void): void {
    this.expect(OPEN_BRACKET);
    if (this.accept(CLOSE_BRACKET)) return;
    let index = 0;
    do item(index++);
    while (this.accept(COMMA));
    this.expect(CLOSE_BRACKET);
  }

  /** Reads an object, calling `member` behind each colon, with the key in `text`; it must go past the value. */
  object(member: () => void): void {
    this.expect(OPEN_BRACE);
    if (this.accept(CLOSE_BRACE)) return;
    do {
      this.string();
      this.expect(COLON);
      member();
    } while (this.accept(COMMA));
    this.expect(CLOSE_BRACE);
  }

  /** Reads a string into `text`, `start` and `end`. */
  string(): void {
    this.expect(QUOTE);
    const first = this.#at;
    let escaped = false;
    for (let byte = this.#json[this.#at]; byte !== QUOTE; byte = this.#json[this.#at]) {
      if (byte === undefined || byte < 0x20) throw new OddJson();
      if (byte === BACKSLASH) escaped = true;
      this.#at += byte === BACKSLASH ? 2 : 1;
    }
    this.text = this.#json;
    this.start = first;
    this.end = this.#at++;
    if (escaped) this.#unescape();
  }

  /** Whether the string that was read last is `ascii`. */
  is(ascii: string): boolean {
    if (this.end - this.start !== ascii.length) return false;
    for (let at = 0; at < ascii.length; at++) if (this.text[this.start + at] !== ascii.charCodeAt(at)) return false;
    return true;
  }

  /** Reads an integer from 0 to 2^31 - 1 without sign, fraction or exponent. */
  integer(): number {
    const first = this.peek();
    let value = 0;
    let digits = 0;
    for (let byte = this.#json[this.#at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = this.#json[this.#at] ?? 0) {
      value = 10 * value + byte - 0x30;
      digits++;
      this.#at++;
      if (value >= 2 ** 31) throw new OddJson();
    }
    if (digits === 0 || (digits > 1 && first === 0x30)) throw new OddJson();
    return value;
  }

  /** Goes past a value of any kind. */
  skip(): Span {
    const first = this.peek();
    const start = this.#at;
    if (first === QUOTE) this.string();
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#skipNested();
    else while (!isEnd(this.#json[this.#at])) this.#at++;
    return { start, end: this.#at };
  }

  #skipNested(): void {
    let depth = 0;
    do {
      const byte = this.#json[this.#at];
      if (byte === QUOTE) this.string();
      else if (byte === undefined) throw new OddJson();
      else {
        if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
        else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
        this.#at++;
      }
    } while (depth > 0);
  }

  #unescape(): void {
    const quoted = new TextDecoder().decode(this.#json.subarray(this.start - 1, this.end + 1));
    try {
      this.text = new TextEncoder().encode(String(JSON.parse(quoted)));
    } catch {
      throw new OddJson();
    }
    this.start = 0;
    this.end = this.text.length;
  }
}

/** JSON that is not as expected, or none at all. */
export class OddJson extends Error {}

function isEnd(byte: number | undefined): boolean {
  return byte === undefined || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20;
}
