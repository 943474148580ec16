import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type LoadOptions, type Pair, Reranker } from 'rerankit';
import { compareGolden } from './cuda-golden.ts';
import { linearWeights, openModel } from './model.ts';
import { callsOf, generator, textOf, type Workload } from './workloads.ts';

const HELP = `Usage: npm run bench:cuda -- [options] [CHECKPOINT ...]

Measures checkpoints on an NVIDIA GPU. bench/cuda_transformers.py makes checkpoints of random weights, and measures
transformers and the GPU's matmul rate on the same machine.

  --golden DIRECTORY   first compares scores with those in this copy of test/golden
  --dtype bf16|fp16|int4   (default: that of the weights)
  --devices 0,1        several GPUs, which share every micro-batch; scores are compared with those of the first alone
  --matmul N           the GPU's own bf16 rate in TFLOP/s: prints what share of it is reached
  --long               a document of 32,768 tokens, too
  --sizes              calls of 1 to 100 documents only, instead of the usual workloads`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    golden: { type: 'string' },
    dtype: { type: 'string' },
    devices: { type: 'string' },
    matmul: { type: 'string' },
    long: { type: 'boolean', default: false },
    sizes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const devices = values.devices?.split(',').map(Number);
const dtype = (['bf16', 'fp16', 'int4'] as const).find((one) => one === values.dtype) ?? 'auto';

if (values.golden !== undefined) await compareGolden(values.golden);
for (const path of positionals) await measureModel(path);

async function measureModel(path: string): Promise<void> {
  const { shape } = await openModel(path);
  const maxLength = values.long ? 32_768 + 256 : 8192;
  const alone = devices && (await logitsOf(path, { device: 'cuda', dtype, maxLength, deviceId: devices[0] }));
  const before = usedMemory();
  const start = performance.now();
  const reranker = await Reranker.load(path, { device: 'cuda', dtype, maxLength, devices });
  const seconds = (performance.now() - start) / 1e3;
  console.log(
    `\n${path}: ${reranker.info.dtype}, loaded in ${seconds.toFixed(1)} s, ${gigabytes(usedMemory() - before)}`,
  );
  if (alone) {
    const together = (await reranker.score(pairs())).scores.map(({ logit }) => logit);
    const largest = Math.max(...together.map((logit, at) => Math.abs(logit - (alone[at] ?? Number.NaN))));
    console.log(
      `  GPUs ${reranker.info.deviceIds.join(', ')} and the first alone: largest difference ${largest.toExponential(1)}`,
    );
  }
  const perToken = 2 * linearWeights(shape);

  const measure = async (label: string, runs: number, calls: (run: number) => ReturnType<typeof callsOf>) => {
    await once(reranker, calls(-1));
    await once(reranker, calls(-2));
    const all = [];
    for (let run = 0; run < runs; run++) all.push(await once(reranker, calls(run)));
    const latencies = all.flatMap((one) => one.latencies).sort((a, b) => a - b);
    const total = all.reduce((sum, one) => sum + one.ms, 0);
    const tokens = all.reduce((sum, one) => sum + one.tokens, 0);
    const documents = all.reduce((sum, one) => sum + one.documents, 0);
    const rate = (perToken * tokens) / total / 1e9;
    const share = values.matmul === undefined ? '' : ` (${Math.round((100 * rate) / Number(values.matmul))}%)`;
    const at = (part: number) => (latencies[Math.ceil(part * latencies.length) - 1] ?? 0).toFixed(1);
    console.log(
      `  ${label}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${((1e3 * documents) / total).toFixed(1)} documents/s, ` +
        `${Math.round(tokens / runs)} tokens a run, ${rate.toFixed(0)} TFLOP/s${share}, ${gigabytes(usedMemory() - before)}`,
    );
  };
  const workload = (queries: number, documents: number, tokens: number): Workload => ({
    name: '',
    queries,
    documents,
    tokens,
    runs: 0,
    maxLength,
  });
  if (values.sizes) {
    for (const documents of [1, 2, 4, 8, 16, 32, 100]) {
      await measure(`${documents} passages of 150 tokens`, 20, (run) => callsOf(workload(1, documents, 150), run));
    }
    return reranker.dispose();
  }
  await measure('100 passages of 150 tokens', 20, (run) => callsOf(workload(1, 100, 150), run));
  await measure('8 concurrent queries, 100 passages each', 5, (run) => callsOf(workload(8, 100, 150), run));
  await measure('one pair of 200 tokens', 100, pairOf200);
  if (values.long) await measure('one document of 32,768 tokens', 3, (run) => callsOf(workload(1, 1, 33_500), run));
  await reranker.dispose();
}

/** Logits of {@link pairs}, by a reranker of its own. */
async function logitsOf(path: string, options: LoadOptions): Promise<number[]> {
  const reranker = await Reranker.load(path, options);
  const { scores } = await reranker.score(pairs());
  await reranker.dispose();
  return scores.map(({ logit }) => logit);
}

/** Of one query and 64 documents of many lengths. */
function pairs(): Pair[] {
  const random = generator(7);
  const query = textOf(12, random);
  return Array.from({ length: 64 }, (_, at) => ({ query, document: textOf(5 + 11 * at, random) }));
}

interface Run {
  readonly ms: number;
  readonly latencies: readonly number[];
  readonly tokens: number;
  readonly documents: number;
}

async function once(reranker: Reranker, calls: ReturnType<typeof callsOf>): Promise<Run> {
  const start = performance.now();
  const done = await Promise.all(
    calls.map(async ({ query, documents }) => {
      const { usage } = await reranker.rerank(query, documents);
      return { ms: performance.now() - start, tokens: usage.computedTokens, documents: documents.length };
    }),
  );
  const sum = (key: 'tokens' | 'documents') => done.reduce((total, one) => total + one[key], 0);
  const latencies = done.map(({ ms }) => ms);
  return { ms: performance.now() - start, latencies, tokens: sum('tokens'), documents: sum('documents') };
}

/** About 200 tokens with the prompt around them. */
function pairOf200(run: number): ReturnType<typeof callsOf> {
  const random = generator(run + 1000);
  return [{ query: textOf(12, random), documents: [textOf(106, random)] }];
}

/** MiB in use on the GPU, by whatever program. */
function usedMemory(): number {
  const out = execFileSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '-i', '0']);
  return Number.parseInt(out.toString(), 10);
}

function gigabytes(mebibytes: number): string {
  return `${(mebibytes / 1024).toFixed(2)} GiB of GPU memory`;
}
