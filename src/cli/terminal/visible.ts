/** C0 and C1 controls, marks that reorder text, separators of lines, and invisible fillers. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * Text that can be written to a terminal: what would move the cursor, change colours or reorder the line is shown instead
 * of done. Controls become their pictures (`␛`), others their numbers (`<U+202E>`).
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** {@link visible} in one line: white space becomes single spaces. */
export function oneLine(text: string): string {
  return visible(text.replace(/[\s\u0085]+/g, ' ').trim());
}

/** JSON in one line and in plain sight: the same characters are escaped, which changes nothing about its meaning. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
