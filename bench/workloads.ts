/** Calls that are made at the same time, again and again. */
export interface Workload {
  readonly name: string;
  readonly queries: number;
  /** Documents of each query. */
  readonly documents: number;
  /** Tokens of a document, about; those of a list vary by 40% either way. */
  readonly tokens: number;
  /** Repeated calls. */
  readonly runs: number;
  /** The library's option `maxLength`. */
  readonly maxLength: number;
}

/** What differs for models that take a second for what the embedded one does in the blink of an eye. */
type Scaled = Workload & { readonly large: Partial<Workload> };

const MAX_LENGTH = 8192;

/** Room for template, instruction and query beside a document of 32,768 tokens. */
const LONGEST = 32_768 + 256;

export const WORKLOADS: readonly Scaled[] = [
  { name: 'short', queries: 1, documents: 16, tokens: 60, runs: 50, maxLength: MAX_LENGTH, large: { runs: 6 } },
  {
    name: 'medium',
    queries: 1,
    documents: 100,
    tokens: 150,
    runs: 10,
    maxLength: MAX_LENGTH,
    large: { documents: 20, runs: 3 },
  },
  {
    name: 'long',
    queries: 1,
    documents: 20,
    tokens: 1500,
    runs: 3,
    maxLength: MAX_LENGTH,
    large: { documents: 2, runs: 3 },
  },
  {
    name: 'document',
    queries: 1,
    documents: 1,
    tokens: 8192,
    runs: 3,
    maxLength: MAX_LENGTH,
    large: { tokens: 4096, runs: 1 },
  },
  {
    name: 'concurrent',
    queries: 8,
    documents: 20,
    tokens: 100,
    runs: 10,
    maxLength: MAX_LENGTH,
    large: { documents: 5, runs: 2 },
  },
  // The first call alone takes minutes; truncation cuts the prompt to maxLength exactly.
  { name: 'longest', queries: 1, documents: 1, tokens: LONGEST, runs: 0, maxLength: LONGEST, large: {} },
];

/** From here on a model is a large one: weights of its linear layers. */
const LARGE = 100e6;

export function isLarge(linearWeights: number): boolean {
  return linearWeights >= LARGE;
}

export function workloadFor(name: string, linearWeights: number): Workload {
  const workload = WORKLOADS.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`No workload ${name}`);
  const { large, ...usual } = workload;
  return isLarge(linearWeights) ? { ...usual, ...large } : usual;
}

export interface Call {
  readonly query: string;
  readonly documents: readonly string[];
}

/** The calls of one run; another run has other texts of the same lengths. */
export function callsOf(workload: Workload, run: number): Call[] {
  const random = generator(run + 1);
  return Array.from({ length: workload.queries }, () => ({
    query: textOf(12, random),
    documents: Array.from({ length: workload.documents }, (_, at) => {
      const spread = workload.documents === 1 ? 1 : 0.6 + (0.8 * at) / (workload.documents - 1);
      return textOf(Math.round((workload.tokens * spread) / TOKENS_PER_WORD), random);
    }),
  }));
}

const WORDS =
  `time people water house world school number night place story group system program question government business service
  member moment history music market science energy paper light river color green north south train garden doctor letter
  mother father window summer winter table money animal friend family plant bridge island engine kitchen camera hotel`.split(
    /\s+/,
  );

/** Of these words, in the vocabulary of the embedded model. */
const TOKENS_PER_WORD = 1.1;

export function textOf(words: number, random: () => number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
}

/** Small, seeded random numbers from 0 to 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x ^= x + Math.imul(x ^ (x >>> 7), 61 | x);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
