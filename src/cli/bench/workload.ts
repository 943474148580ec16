/** Texts of the built-in workload: plain prose of several subjects, so that no two documents are the same. */
const QUERY = 'How do I reduce the memory that a database takes in a container?';

const SENTENCES = [
  'A container that goes beyond its memory limit is ended by the kernel, and the orchestrator starts another one.',
  'The buffer pool holds pages that were read lately, and its size is the first thing to look at.',
  'Connections cost memory too: a pooler in front of the server keeps their number small.',
  'Sorting and hashing take working memory for each step of a plan, not for each query.',
  'The bread is baked for forty minutes until its crust is dark and it sounds hollow.',
  'Measure before you change anything, change one thing, and measure again under the same load.',
  'Huge pages spare the processor many look-ups, but they must be reserved when the machine starts.',
  'The trail climbs through a beech forest and reaches the ridge after two hours.',
  'An index that no query uses still has to be kept in memory and written with every change.',
  'Statistics tell the planner how many rows to expect, and old ones make it choose badly.',
  'Some allocators give freed memory back to the system late, which looks like a leak and is none.',
  'The museum is closed on Mondays and on the first day of the year.',
  'Swap hides the problem for a while and makes every answer slow.',
];

/** A call that is timed. */
export interface Workload {
  readonly name: string;
  readonly query: string;
  readonly documents: readonly string[];
}

export const WORKLOADS: readonly Workload[] = [
  { name: '1 short document', query: QUERY, documents: passages(1, 6) },
  { name: '16 short documents', query: QUERY, documents: passages(16, 6) },
  { name: '4 long documents', query: QUERY, documents: passages(4, 40) },
];

/** Documents of so many sentences; each begins elsewhere and takes other steps. */
function passages(count: number, sentences: number): string[] {
  return Array.from({ length: count }, (_, document) =>
    Array.from(
      { length: sentences },
      (_, at) => SENTENCES[(3 * document + at * (1 + (document % 11))) % SENTENCES.length],
    ).join(' '),
  );
}
