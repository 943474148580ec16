import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A piece of code that a page shows. */
export interface Block {
  /** The page's path from the root of the repository. */
  readonly page: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What the page leaves out but the code needs: an HTML comment `<!-- example … -->` right before the block. */
  readonly setup: string;
  /** What a machine must have to run it, from `<!-- example needs … `. */
  readonly needs: string | undefined;
}

const FENCE = /^```(\w*)\s*$/;

/** The fenced blocks of a Markdown page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  let setup = '';
  let needs: string | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('<!-- example')) {
      needs = /^<!-- example needs (\w+)/.exec(line)?.[1];
      const end = lines.findIndex((each, index) => index >= at && each.includes('-->'));
      if (end < 0) throw new Error(`${page}:${at + 1}: the comment has no end.`);
      setup = lines.slice(at + 1, end).join('\n');
      at = end;
      continue;
    }
    const language = FENCE.exec(line)?.[1];
    if (language === undefined) {
      if (line.trim() !== '') [setup, needs] = ['', undefined];
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block has no end.`);
    blocks.push({ page, line: at + 1, language, code: lines.slice(at + 1, end).join('\n'), setup, needs });
    [setup, needs] = ['', undefined];
    at = end;
  }
  return blocks;
}
