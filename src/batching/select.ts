import type { PendingRow } from './pending-rows.ts';
import { PrefixSet } from './prefix.ts';

/** A job as the selection sees it. */
export interface Contender {
  /** Higher goes first. */
  readonly priority: number;
  /** Virtual time up to which the job has been served (see `FairClock`): lower goes first. */
  readonly tag: number;
  /** Order of arrival: breaks ties. */
  readonly order: number;
  /** Whether the job's rows must not share a run with other jobs'. All of {@link rows} then run at once. */
  readonly alone: boolean;
  /** Tokens of the shortest waiting row: where not even that fits, the rows need not be looked at. */
  readonly shortest: number;
  /** The waiting rows in the order in which they should run. */
  rows(): Iterable<PendingRow>;
}

export interface SelectionLimits {
  /** Most tokens in a micro-batch, distinct prefixes included; only a row that exceeds it by itself may. */
  readonly tokenBudget: number;
  /** Most rows in a micro-batch. */
  readonly maxRows: number;
  /** Whether the rows of a prefix share its computation, so that it counts once. @default true */
  readonly sharedPrefixes?: boolean | undefined;
}

/** What one job has in a micro-batch. */
export interface Share {
  readonly rows: PendingRow[];
  /** Tokens of its rows, and of the prefixes that are computed for it. */
  tokens: number;
}

/** The rows of one micro-batch. */
export interface Selection<Job> {
  readonly rows: { readonly job: Job; readonly row: PendingRow; readonly prefix: number }[];
  readonly shares: Map<Job, Share>;
  readonly prefixes: readonly Int32Array[];
  /** All tokens, those of the prefixes included. */
  readonly tokens: number;
}

/**
 * A job's turn within a micro-batch is this part of the token budget (at least a row). Fine enough to let several
 * waiting jobs into each micro-batch, coarse enough to finish a small call in one turn and to keep rows of one job,
 * which are neighbours in length, together.
 */
const TURNS_PER_BATCH = 8;

/**
 * Chooses the rows of the next micro-batch: by priority, then fairly, then in each job's own order. What does not fit is
 * passed over, and the room goes to rows that do. The first row always fits. Changes nothing; the caller removes the
 * rows and raises the tags.
 */
export function select<Job extends Contender>(jobs: Iterable<Job>, limits: SelectionLimits): Selection<Job> {
  const draft = new Draft<Job>(limits);
  // Best at the end, where taking and putting back are cheap.
  const line = Array.from(jobs, (job): Ranked<Job> => ({ job, tag: job.tag, rows: undefined }));
  line.sort(compare);
  for (let entry = line.pop(); entry !== undefined && !draft.full; entry = line.pop()) {
    const { job } = entry;
    if (!draft.fits(job.alone ? Number.POSITIVE_INFINITY : job.shortest)) continue;
    entry.rows ??= job.rows()[Symbol.iterator]();
    if (job.alone) {
      draft.take(job, entry.rows, Number.POSITIVE_INFINITY);
      break;
    }
    const turn = draft.take(job, entry.rows, limits.tokenBudget / TURNS_PER_BATCH);
    if (turn.exhausted) continue;
    entry.tag += turn.tokens;
    line.splice(placeOf(entry, line), 0, entry);
  }
  return draft;
}

class Draft<Job> implements Selection<Job> {
  readonly rows: { job: Job; row: PendingRow; prefix: number }[] = [];
  readonly shares = new Map<Job, Share>();
  readonly #prefixes = new PrefixSet();
  readonly #limits: SelectionLimits;
  tokens = 0;

  constructor(limits: SelectionLimits) {
    this.#limits = limits;
  }

  get prefixes(): readonly Int32Array[] {
    return this.#prefixes.list;
  }

  get full(): boolean {
    return (
      this.rows.length > 0 && (this.rows.length >= this.#limits.maxRows || this.tokens >= this.#limits.tokenBudget)
    );
  }

  /** Whether there is room for so many tokens more. The first row always fits. */
  fits(tokens: number): boolean {
    return this.rows.length === 0 || this.tokens + tokens <= this.#limits.tokenBudget;
  }

  /** Takes rows that fit until they come to `quota` tokens; `exhausted` when the job has no more to offer. */
  take(job: Job, rows: Iterator<PendingRow>, quota: number): { readonly tokens: number; readonly exhausted: boolean } {
    let tokens = 0;
    while (tokens < quota && !this.full) {
      const next = rows.next();
      if (next.done) return { tokens, exhausted: true };
      tokens += this.#offer(job, next.value);
    }
    return { tokens, exhausted: false };
  }

  /** Adds the row if it fits, and returns what it costs here; 0 if it does not fit. */
  #offer(job: Job, row: PendingRow): number {
    const known = this.#prefixes.indexOf(row.prefix);
    const shared = known >= 0 && this.#limits.sharedPrefixes !== false;
    const cost = row.tokens.length + (shared ? 0 : row.prefix.tokens.length);
    if (!this.fits(cost)) return 0;
    this.rows.push({ job, row, prefix: known < 0 ? this.#prefixes.add(row.prefix) : known });
    this.tokens += cost;
    const share = this.shares.get(job);
    if (share) {
      share.rows.push(row);
      share.tokens += cost;
    } else {
      this.shares.set(job, { rows: [row], tokens: cost });
    }
    return cost;
  }
}

interface Ranked<Job extends Contender> {
  readonly job: Job;
  tag: number;
  /** Where its turns have come to; `undefined` before the first. */
  rows: Iterator<PendingRow> | undefined;
}

/** Negative when `a` goes after `b`. */
function compare(a: Ranked<Contender>, b: Ranked<Contender>): number {
  return a.job.priority - b.job.priority || b.tag - a.tag || b.job.order - a.job.order;
}

function placeOf(entry: Ranked<Contender>, line: readonly Ranked<Contender>[]): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = line[middle];
    if (other !== undefined && compare(other, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
