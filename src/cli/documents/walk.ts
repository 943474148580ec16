import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Files that hold text for people, by the end of their names; no end is one too, as in README. */
export const TEXT_EXTENSIONS: readonly string[] = [
  ...['', '.md', '.markdown', '.mdx', '.txt', '.text', '.rst', '.adoc', '.org', '.jsonl', '.ndjson'],
];

/** Folders of other people's files. */
const PASSED_OVER: readonly string[] = ['node_modules'];

/**
 * The files in a folder and below, in the order of their names. What is hidden (its name begins with a dot) is left out, and
 * so are links to folders, which may go round in circles.
 * @param extensions lower case, with their dots; `undefined` for all files
 */
export async function* walk(folder: string, extensions: readonly string[] | undefined): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!PASSED_OVER.includes(entry.name)) yield* walk(path, extensions);
    } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) {
      if (extensions === undefined || extensions.includes(extname(entry.name).toLowerCase())) yield path;
    }
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
