/** A part of a whole, from 0 to 1, as a bar of `columns` columns. */
export function bar(part: number, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * columns);
  return '█'.repeat(filled) + '░'.repeat(columns - filled);
}
