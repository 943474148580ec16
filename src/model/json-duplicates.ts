/**
 * Finds a key that occurs twice in one object of `json`, which must be JSON that `JSON.parse` has accepted.
 *
 * `JSON.parse` silently keeps the last of two equal keys. Where a file decides which bytes become which tensor, two
 * readers that keep different ones would run different models.
 */
export function findDuplicateKey(json: string): string | undefined {
  /** One entry for each open bracket: the keys seen in an object, or nothing for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (const token of json.matchAll(/[{}[\]]|"(?:[^"\\]|\\.)*"(\s*:)?/g)) {
    const text = token[0];
    if (text === '{') open.push(new Set());
    else if (text === '[') open.push(undefined);
    else if (text === '}' || text === ']') open.pop();
    else if (token[1] !== undefined) {
      // Keys are compared as values: "\u0061" and "a" are the same key.
      const key = String(JSON.parse(text.slice(0, text.length - token[1].length)));
      const seen = open.at(-1);
      if (seen?.has(key)) return key;
      seen?.add(key);
    }
  }
  return undefined;
}
