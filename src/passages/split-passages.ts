import { type CountTokens, END, type Unit, unitsOf } from './units.ts';

/** Part of a text, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** How to split. */
export interface Windows {
  /** Most tokens of a passage. */
  readonly window: number;
  /** Most tokens of a passage that the next one has again at its beginning; less than half of `window`. */
  readonly overlap: number;
}

export interface SplitOptions extends Windows {
  readonly count: CountTokens;
  /** How far earlier passages reach: the first of these begins before it or there, and each goes beyond. @default 0 */
  readonly covered?: number;
  /** Whether the text goes on behind its end: then no passage reaches there. @default false */
  readonly continues?: boolean;
}

/** Shorter units are not cut for an overlap's sake. */
const LEAST_UNIT_TOKENS = 16;

/**
 * Splits a text into passages that cover it: each ends with a sentence in its second half, else a line, else a word, and
 * the next one begins a little before, with a sentence if one begins there. Starts and ends both rise.
 * @returns where the next passage begins, in a text that goes on; else the text's length
 */
export function* splitPassages(text: string, options: SplitOptions): Generator<Range, number> {
  const { window, count, continues = false } = options;
  let { covered = 0 } = options;
  if (covered === 0 && !continues && count(text, window) <= window) {
    yield { start: 0, end: text.length };
    return text.length;
  }
  const overlap = Math.min(options.overlap, Math.ceil(window / 2) - 1);
  const most = Math.max(1, Math.min(Math.max(overlap, LEAST_UNIT_TOKENS), window >> 1));
  const rest = unitsOf(text, most, count);
  /** Units from the next passage's first one on, as far as they have been looked at. */
  const units: Unit[] = [];
  for (;;) {
    const ended = fill(units, rest, window);
    if (units.length === 0 || (ended && continues)) return units[0]?.start ?? text.length;
    const taken = longest(text, units, { window, count, covered, all: ended });
    if (taken === 0) {
      // With what it shares with the one before there is no room for anything new.
      while ((units[0]?.end ?? Number.POSITIVE_INFINITY) <= covered) units.shift();
      continue;
    }
    const range = { start: units[0]?.start ?? 0, end: units[taken - 1]?.end ?? text.length };
    yield range;
    if (range.end === text.length) return text.length;
    covered = range.end;
    units.splice(0, taken - sharedUnits(units.slice(0, taken), overlap));
  }
}

/** Looks at units until there are more than a passage takes; returns whether the text has ended. */
function fill(units: Unit[], rest: Iterator<Unit>, window: number): boolean {
  let tokens = units.reduce((sum, unit) => sum + unit.tokens, 0);
  while (tokens <= window) {
    const { value, done } = rest.next();
    if (done) return true;
    units.push(value);
    tokens += value.tokens;
  }
  return false;
}

interface LongestOptions {
  readonly window: number;
  readonly count: CountTokens;
  readonly covered: number;
  /** Whether there are no more units than these. */
  readonly all: boolean;
}

/** How many of the first units make a passage; 0 if none that fits goes beyond `covered`. */
function longest(text: string, units: readonly Unit[], { window, count, covered, all }: LongestOptions): number {
  const start = units[0]?.start ?? 0;
  const fits = (taken: number) => count(text.slice(start, units[taken - 1]?.end), window) <= window;
  if (all && fits(units.length)) return units.length;
  for (let limit = units.length - 1; limit > 0; limit--) {
    const taken = bestEnd(units.slice(0, limit), window, covered);
    if (taken === 0) return 0;
    if (fits(taken)) return taken;
    limit = taken;
  }
  // A single unit has at most half of a window, so that this is one of a character that has more tokens.
  return units.length === 1 || (units[0]?.end ?? 0) > covered ? 1 : 0;
}

/** The last end of a sentence in the second half of a window, else of a line, else any, among those beyond `covered`. */
function bestEnd(units: readonly Unit[], window: number, covered: number): number {
  let best = 0;
  let tokens = 0;
  let ends: number = END.word;
  for (const [at, unit] of units.entries()) {
    tokens += unit.tokens;
    if (unit.end <= covered) continue;
    const rank = tokens * 2 < window ? END.word : unit.ends;
    if (best > 0 && rank < ends) continue;
    best = at + 1;
    ends = rank;
  }
  return best;
}

/** How many of a passage's last units the next one has too: from the beginning of a sentence on, if there is one. */
function sharedUnits(units: readonly Unit[], overlap: number): number {
  let shared = 0;
  let tokens = 0;
  let atSentence = 0;
  for (let at = units.length - 1; at > 0; at--) {
    tokens += units[at]?.tokens ?? 0;
    if (tokens > overlap) break;
    shared++;
    if (units[at - 1]?.ends === END.sentence) atSentence = shared;
  }
  return atSentence > 0 ? atSentence : shared;
}
