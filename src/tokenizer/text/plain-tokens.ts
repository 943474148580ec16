import { unsupported } from './problems.ts';

/** A token beside the vocabulary that text may become: a run of spaces, a placeholder. Control tokens are none. */
export interface PlainToken {
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for in the normalised text. */
  readonly normalized: boolean;
}

/** A token's id, or text between tokens. */
export type Section = string | number;

/** Finds plain tokens in a text: leftmost first, the longest of those that begin at one place. */
export class PlainTokens {
  readonly #ids = new Map<string, number>();
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly { readonly content: string; readonly id: number }[]) {
    for (const { content, id } of tokens) if (content !== '') this.#ids.set(content, id);
    const longestFirst = [...this.#ids.keys()].sort((a, b) => b.length - a.length);
    if (longestFirst.length === 0) return;
    const escaped = longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    this.#pattern = new RegExp(escaped.join('|'), 'g');
  }

  sections(text: string): readonly Section[] {
    if (this.#pattern === undefined) return [text];
    const sections: Section[] = [];
    let end = 0;
    for (const { 0: token, index } of text.matchAll(this.#pattern)) {
      if (index > end) sections.push(text.slice(end, index));
      sections.push(this.#ids.get(token) ?? 0);
      end = index + token.length;
    }
    if (end < text.length) sections.push(text.slice(end));
    return sections;
  }
}

/** Refuses plain tokens that change the text around them. */
export function checkPlain(content: string, touchesNeighbours: boolean): void {
  if (!touchesNeighbours) return;
  throw unsupported('a token with lstrip, rstrip or single_word', content, 'only control tokens may have those');
}
