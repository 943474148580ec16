import { type Range, type SplitOptions, splitPassages } from './split-passages.ts';

/** A text, or a stretch of one. */
export interface SplitPart {
  readonly text: string;
  /** How far earlier passages reach into it. */
  readonly covered: number;
  /** Whether the text goes on behind it. */
  readonly continues: boolean;
}

/** Passages of a part. */
export interface SplitPassages {
  readonly ranges: readonly Range[];
  /** Where in the part the next passage begins; the part's length after the last one of a text. */
  readonly next: number;
}

export interface SplitPartOptions extends Pick<SplitOptions, 'window' | 'overlap' | 'count'> {
  /** Whether only the first passage is wanted. */
  readonly firstOnly: boolean;
}

/** The passages of a part that are whole: see `splitPassages`. */
export function splitPart({ text, ...place }: SplitPart, { firstOnly, ...options }: SplitPartOptions): SplitPassages {
  const passages = splitPassages(text, { ...options, ...place });
  const ranges: Range[] = [];
  for (;;) {
    const { value, done } = passages.next();
    if (done) return { ranges, next: value };
    ranges.push(value);
    if (firstOnly) return { ranges, next: text.length };
  }
}
