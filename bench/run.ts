import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Dtype } from 'rerankit';
import { measure } from './child.ts';
import { type Figures, figuresOf } from './figures.ts';
import { describeMachine, machineLines } from './machine.ts';
import type { MatmulDtype, MatmulRequest, MatmulResult } from './measure-matmul.ts';
import type { WorkloadRequest, WorkloadResult } from './measure-workload.ts';
import { type BenchModel, linearWeights, openModel } from './model.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { RESULTS } from './paths.ts';
import { benchScaling, type ScalingFigures } from './scaling.ts';
import { headLine, tableLine } from './table.ts';
import { workloadFor } from './workloads.ts';

/** What a document of 32,768 tokens may take above the weights, for the shape of Qwen3-Reranker-0.6B. */
const LONGEST_LIMIT = 4e9;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function bench(options: Options): Promise<void> {
  const machine = await describeMachine();
  console.log(machineLines(machine));

  const date = new Date().toISOString();
  const rows: (Figures | ScalingFigures)[] = [];
  const measureModel = options.scaling ? benchScaling : benchModel;
  for (const name of options.models) rows.push(...(await measureModel(await openModel(name), options)));

  const file = options.json ?? join(RESULTS, `${date.replaceAll(/[:.]/g, '-')}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ date, machine, threads: options.threads ?? machine.cores, dtype: options.dtype, rows }, null, 2)}\n`,
  );
  console.log(`\nAll figures are in ${relative(process.cwd(), file)}; bench/README.md says what they mean.`);
}

async function benchModel(model: BenchModel, { workloads, ...options }: Options): Promise<Figures[]> {
  const { shape } = model;
  const { runs, threads, tokenBudget, dtype } = options;
  const weights = linearWeights(shape);
  const rate = (type: Dtype) =>
    measure<MatmulResult>('measure-matmul', { shape, threads, dtype: ruler(type) } satisfies MatmulRequest);
  console.log(
    `\n${model.name}: ${shape.layers} layers, hidden size ${shape.hidden}, ${Math.round(weights / 1e6)} M linear weights`,
  );
  console.log(headLine());

  const rows: Figures[] = [];
  // Machines are shared and clocks move, so each workload is held against the rate right before and after it.
  let before: MatmulResult | undefined;
  for (const name of workloads) {
    const workload = workloadFor(name, weights);
    if (workload.maxLength > shape.maxPositions) {
      console.log(`${name}: left out, the model knows no more than ${shape.maxPositions} positions`);
      continue;
    }
    const request: WorkloadRequest = { model: model.path, workload, runs, threads, tokenBudget, dtype };
    const result = await measure<WorkloadResult>('measure-workload', request);
    const after = await rate(result.dtype);
    const row = figuresOf(model, workload, result, before ? [before, after] : [after]);
    before = after;
    rows.push(row);
    console.log(tableLine(row));
    if (name === 'longest') judgeMemory(row);
  }
  const rates = rows.map(({ matmulGflops }) => Math.round(matmulGflops));
  console.log(
    `100% matmul is ${Math.min(...rates)} to ${Math.max(...rates)} GOP/s (${rows[0]?.dtype}, ONNX Runtime alone).`,
  );
  return rows;
}

/** On a GPU (see `npm run bench:cuda`) the share means nothing. */
function ruler(dtype: Dtype): MatmulDtype {
  return dtype === 'int8' || dtype === 'int4' ? dtype : 'fp32';
}

function judgeMemory({ model, computedTokensPerRun, memory }: Figures): void {
  const within = memory.aboveWeights <= LONGEST_LIMIT;
  console.log(
    `  ${computedTokensPerRun} tokens in one run: peak ${gigabytes(memory.peak)}, weights ${gigabytes(memory.linearWeights)}, ` +
      `above them ${gigabytes(memory.aboveWeights)}`,
  );
  if (model !== '0.6b') return;
  console.log(`  ${within ? 'within' : 'ABOVE'} the limit of ${gigabytes(LONGEST_LIMIT)} above the weights`);
  if (!within) process.exitCode = 1;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
