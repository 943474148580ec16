import { count } from '../terminal/amounts.ts';

/** What may be wrong with input that is used or passed over all the same. */
const PROBLEMS = {
  replaced: ['file has', 'files have', 'bytes that are not UTF-8; they were replaced'],
  cut: ['line is', 'lines are', 'longer than 16 MB; only the beginning was used'],
  invalid: ['line was', 'lines were', 'skipped: not a record with such a field'],
  binary: ['file was', 'files were', 'skipped: binary'],
  unreadable: ['file was', 'files were', 'skipped: it could not be read'],
  large: ['file was', 'files were', 'skipped: larger than 64 MB'],
} as const;

/** A kind of problem. */
export type Problem = keyof typeof PROBLEMS;

/** Counts problems, so that thousands of them make one line each. */
export class Tally {
  readonly #found = new Map<Problem, { count: number; readonly first: string }>();

  add(problem: Problem, where: string): void {
    const found = this.#found.get(problem);
    if (found === undefined) this.#found.set(problem, { count: 1, first: where });
    else found.count++;
  }

  countOf(problem: Problem): number {
    return this.#found.get(problem)?.count ?? 0;
  }

  /** One sentence a kind. */
  messages(): string[] {
    return [...this.#found].map(([problem, { count: number, first }]) => {
      const [one, many, what] = PROBLEMS[problem];
      return `${count(number, one, many)} ${what} (${number === 1 ? first : `first: ${first}`})`;
    });
  }
}
