import PQueue from 'p-queue';

/**
 * Where the lanes live: on `globalThis`, under a registered symbol, because a process may hold several copies of this
 * library (ESM beside CommonJS, two installed versions) and they all load the same cores. The number is the version of
 * what is kept there.
 */
const LANES = Symbol.for('rerankit.lanes.1');

type LaneHolder = typeof globalThis & { [LANES]?: Map<string, PQueue> };

/**
 * The queue in which every scheduler of one device takes its turns, one micro-batch at a time: two rerankers on one
 * CPU alternate instead of fighting for its cores. Turns of equal priority come in the order they were asked for.
 *
 * There is one lane for each `key` and JavaScript thread (`globalThis` is not shared between worker threads).
 *
 * @param key The device: `'cpu'`, `'cuda:0'`, …
 */
export function runLane(key: string): PQueue {
  const holder: LaneHolder = globalThis;
  holder[LANES] ??= new Map();
  const lanes = holder[LANES];
  let lane = lanes.get(key);
  if (lane === undefined) {
    lane = new PQueue({ concurrency: 1 });
    lanes.set(key, lane);
  }
  return lane;
}
