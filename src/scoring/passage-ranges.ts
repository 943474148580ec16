import type { SplitPart, SplitPassages } from '../passages/split-part.ts';
import type { Range, Windows } from '../passages/split-passages.ts';
import { betweenCharacters } from '../tokenizer/boundaries.ts';

/** Documents and UTF-16 units that go to the tokenizer at a time, so that other calls get their turn. */
const MESSAGE_DOCUMENTS = 64;
const MESSAGE_UNITS = 262_144;

/** How texts are to be split. */
export interface SplitWish extends Windows {
  /** Whether only the first passage of each text is wanted. */
  readonly firstOnly: boolean;
}

type Split = (parts: readonly SplitPart[]) => Promise<readonly SplitPassages[]>;

/** The passages of each text, at least one, as `split` finds them in a text or in a stretch of a long one. */
export async function passageRanges(
  texts: readonly string[],
  firstOnly: boolean,
  split: Split,
): Promise<(readonly Range[])[]> {
  const ranges: (readonly Range[])[] = [];
  for (const batch of batches(texts)) {
    const [first = ''] = batch;
    if (first.length > MESSAGE_UNITS) ranges.push(await rangesOfLong(first, firstOnly, split));
    else {
      const found = await split(batch.map((text) => ({ text, covered: 0, continues: false })));
      for (const one of found) ranges.push(one.ranges);
    }
  }
  return ranges;
}

/** The passages as documents, one slot each, in order. */
export function passageDocuments(
  texts: readonly string[],
  ranges: readonly (readonly Range[])[],
): { readonly slot: number; readonly text: string }[] {
  const passages = ranges.flatMap((own, at) => own.map(({ start, end }) => texts[at]?.slice(start, end) ?? ''));
  return passages.map((text, slot) => ({ slot, text }));
}

/** Stretch by stretch: a message stays small, and no other call waits for all of the text. */
async function rangesOfLong(text: string, firstOnly: boolean, split: Split): Promise<Range[]> {
  const ranges: Range[] = [];
  let units = MESSAGE_UNITS;
  for (let start = 0; start < text.length && !(firstOnly && ranges.length > 0); ) {
    const end = betweenCharacters(text, Math.min(text.length, start + units));
    const covered = Math.max(0, (ranges.at(-1)?.end ?? 0) - start);
    const part = { text: text.slice(start, end), covered, continues: end < text.length };
    for (const found of await split([part])) {
      for (const range of found.ranges) ranges.push({ start: start + range.start, end: start + range.end });
      // A stretch without a passage was too short for one.
      units = found.ranges.length === 0 ? 2 * units : MESSAGE_UNITS;
      start += found.next;
    }
  }
  return ranges;
}

/** Neighbours that may go together; a text that is too long goes alone. */
function* batches(texts: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let units = 0;
  for (const text of texts) {
    if (batch.length === MESSAGE_DOCUMENTS || (batch.length > 0 && units + text.length > MESSAGE_UNITS)) {
      yield batch;
      batch = [];
      units = 0;
    }
    batch.push(text);
    units += text.length;
  }
  if (batch.length > 0) yield batch;
}
