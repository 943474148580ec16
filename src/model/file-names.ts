/**
 * Whether `name`, which somebody else chose, stays inside the folder it is joined to, on every platform: a relative
 * path with forward slashes, without `.` and `..` segments, drive letters, alternate streams or control characters.
 */
export function isInnerPath(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (name.length === 0 || name.length > 255 || /[\\:\u0000-\u001f\u007f]/.test(name)) return false;
  return name.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
