import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../options.ts';
import type { Task } from './protocol.ts';
import { PEER_WORKLOADS } from './workloads.ts';

export interface PeerOptions {
  /** `0.6b`, `embedded`, or a directory with a checkpoint. */
  readonly model: string;
  readonly task: Task;
  readonly dtypes: readonly string[];
  /** Parts of contenders' names; all if empty. */
  readonly only: readonly string[];
  readonly workloads: readonly string[];
  /** Most documents of a workload; all if undefined. */
  readonly sample: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly seconds: number;
  readonly threads: number;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  /** Figures to draw again, instead of measuring. */
  readonly draw: string | undefined;
  readonly check: boolean;
  /** A folder to be filled with all that a machine without npm needs. */
  readonly prepare: string | undefined;
  readonly help: boolean;
}

export const HELP = `Usage: npm run bench:peers -- [options]

  --model 0.6b|embedded|PATH  the weights that all are given  (default: 0.6b, random weights of that shape)
  --embedding                 vectors instead of scores: with the same network, and no head
  --dtype NAME                numeric type of this library; may be repeated  (default: fp32, int8, int4)
  --only TEXT                 only contenders with this in their name; may be repeated
  --workload NAME             ${PEER_WORKLOADS.join(', ')}; may be repeated  (default: all)
  --sample NAME=N             at most so many documents of a workload, spread over the same lengths; may be repeated
  --runs N                    runs of each workload  (default: 3)
  --seconds N                 none is begun after this time  (default: 120)
  --threads N                 CPU threads  (default: all)
  --json FILE                 where to write the figures  (default: bench/results/peers-DATE.json)
  --svg FILE                  where to draw the chart  (default: beside the figures)
  --draw FILE                 draws figures that were written before, and measures nothing
  --check                     compares everybody's scores instead of speed
  --prepare FOLDER            copies what a machine without npm and network needs to run this`;

export function readPeerOptions(args: readonly string[]): PeerOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: '0.6b' },
      dtype: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      workload: { type: 'string', multiple: true },
      sample: { type: 'string', multiple: true },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      threads: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      draw: { type: 'string' },
      embedding: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      prepare: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const workloads = values.workload ?? PEER_WORKLOADS;
  for (const name of workloads) {
    if (!PEER_WORKLOADS.includes(name)) throw new Error(`--workload ${name}: known are ${PEER_WORKLOADS.join(', ')}`);
  }
  return {
    model: values.model,
    task: values.embedding ? 'embedding' : 'ranking',
    dtypes: values.dtype ?? ['fp32', 'int8', 'int4'],
    only: values.only ?? [],
    workloads,
    sample: readSample(values.sample ?? []),
    runs: wholeNumber('--runs', values.runs) ?? 3,
    seconds: wholeNumber('--seconds', values.seconds) ?? 120,
    threads: wholeNumber('--threads', values.threads) ?? availableParallelism(),
    json: values.json,
    svg: values.svg,
    draw: values.draw,
    check: values.check,
    prepare: values.prepare,
    help: values.help,
  };
}

/** `medium=20`: documents by workload. */
function readSample(values: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    values.map((value) => {
      const [name = '', count] = value.split('=');
      const documents = wholeNumber('--sample', count);
      if (documents !== undefined && PEER_WORKLOADS.includes(name)) return [name, documents];
      throw new Error(`--sample ${value}: expected a workload and a number, such as ${PEER_WORKLOADS[0]}=8`);
    }),
  );
}
