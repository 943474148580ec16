import type { Command } from 'commander';
import { Reranker } from '../../reranker.ts';
import { type Measurement, measure } from '../bench/measure.ts';
import { WORKLOADS } from '../bench/workload.ts';
import { type Io, writeOut } from '../io.ts';
import { addModelOptions, integer, loadOptions, type ModelFlags, modelName } from '../options.ts';
import { bytes, duration } from '../terminal/amounts.ts';
import { columns } from '../terminal/columns.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { jsonLine, oneLine } from '../terminal/visible.ts';

interface BenchFlags extends ModelFlags {
  readonly seconds: number;
  readonly json?: boolean;
}

export function addBench(program: Command, io: Io): void {
  const command = program
    .command('bench')
    .summary('measure the speed of a model on this machine')
    .description('Measures how fast a model loads and ranks on this machine, and how much memory that takes.')
    .option('--seconds <n>', 'time for each of the three workloads', integer(1, 3600), 3)
    .option('--json', 'one JSON object');
  addModelOptions(command).action((flags: BenchFlags) => bench(flags, io));
}

async function bench(flags: BenchFlags, io: Io): Promise<void> {
  const progress = new ProgressLine(io.stderr);
  const { signal } = io;
  try {
    const start = performance.now();
    const onProgress = loadProgress(progress);
    await using reranker = await Reranker.load(modelName(flags.model), { ...loadOptions(flags), onProgress, signal });
    const loadMs = performance.now() - start;
    const workloads: Measurement[] = [];
    for (const workload of WORKLOADS) {
      progress.show({ label: `Measuring: ${workload.name}` });
      workloads.push(await measure(reranker, workload, flags.seconds, signal));
    }
    progress.clear();
    const { model, revision, device, dtype, threads } = reranker.info;
    // In kilobytes on every system.
    const peakMemoryBytes = 1024 * process.resourceUsage().maxRSS;
    const result = { model, revision, device, dtype, threads, loadMs, peakMemoryBytes, workloads };
    await writeOut(io.stdout, flags.json ? `${jsonLine(result)}\n` : benchTable(result));
  } finally {
    progress.clear();
  }
}

/** What a run of the command found. */
export interface BenchResult {
  readonly model: string;
  readonly device: string | undefined;
  readonly dtype: string | undefined;
  readonly threads: number | undefined;
  readonly loadMs: number;
  readonly peakMemoryBytes: number;
  readonly workloads: readonly Measurement[];
}

export function benchTable(result: BenchResult): string {
  const { model, device, dtype, threads, loadMs, peakMemoryBytes, workloads } = result;
  const head = ['', 'tokens', 'runs', 'time', 'documents/s', 'tokens/s'];
  const rows = workloads.map(({ name, tokens, runs, medianMs, documentsPerSecond, tokensPerSecond }) => [
    name,
    String(tokens),
    String(runs),
    duration(medianMs),
    documentsPerSecond.toFixed(documentsPerSecond < 100 ? 1 : 0),
    tokensPerSecond.toFixed(0),
  ]);
  return (
    `${oneLine(model)} on ${device}, ${dtype}, ${threads} threads\n` +
    `loaded in ${duration(loadMs)}, peak memory of the process ${bytes(peakMemoryBytes)}\n\n` +
    columns([head, ...rows], 'right')
  );
}
