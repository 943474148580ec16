import type { IdBuffer } from '../id-buffer.ts';

/** Turns the words of a text into ids, one by one. */
export interface WordModel {
  /** Appends the ids of one word. */
  encode(word: string, out: IdBuffer): void;
  /** The largest id that a word can become. */
  readonly largestId: number;
}
