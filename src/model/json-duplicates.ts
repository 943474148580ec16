const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Finds a key that occurs twice in one object of `json`, which must be JSON that `JSON.parse` has accepted. Takes time
 * proportional to its length.
 *
 * `JSON.parse` silently keeps the last of two equal keys. Where a file decides which bytes become which tensor, two
 * readers that keep different ones would run different models.
 */
export function findDuplicateKey(json: string): string | undefined {
  /** One entry for each open bracket: the keys seen in an object, or nothing for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      if (isKey(json, end)) {
        const key = unquote(json.slice(at, end));
        const seen = open.at(-1);
        if (seen?.has(key)) return key;
        seen?.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The position after the closing quote of the string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Only keys are followed by a colon. */
function isKey(json: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(json[at] ?? '.')) at++;
  return json.charCodeAt(at) === COLON;
}

/** Keys are compared as values: "\\u0061" and "a" are the same key. */
function unquote(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
