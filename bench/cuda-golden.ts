import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compile, type LoadOptions, Reranker } from 'rerankit';

interface Ranking {
  readonly query: string;
  readonly documents: readonly string[];
  readonly instruction?: string;
  readonly logits: readonly number[];
}

/** A logit may be off by so much, and pairs that lie farther apart must keep their order. */
const TOLERANCE = { bf16: 3e-2, fp16: 1e-2, fp32: 1e-2 } as const;
/** What activations are in where matrices are in 4 bits: as the rest of the weights. */
const BESIDE_INT4 = { v0: 'fp16', random: 'bf16' } as const;

/** Compares the scores of both checkpoints of test/golden with what they must be. */
export async function compareGolden(golden: string): Promise<void> {
  const published: Record<'v0' | 'random', Ranking[]> = JSON.parse(
    await readFile(join(golden, 'shared-scores.json'), 'utf8'),
  );
  const trained = join(golden, 'tiny-v0');
  const folder = await mkdtemp(join(tmpdir(), 'rerankit-golden-'));
  try {
    const fixture = join(golden, 'random-untied-bf16');
    await copyFile(join(fixture, 'config.json'), join(folder, 'config.json'));
    await writeFile(
      join(folder, 'model.safetensors'),
      gunzipSync(await readFile(join(fixture, 'model.safetensors.gz'))),
    );
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      await copyFile(join(trained, name), join(folder, name));
    }
    // First, because the reference is computed on the CPU: CUDA must be to be had after that.
    await compareInt4('tiny-v0', trained, folder, published.v0, TOLERANCE[BESIDE_INT4.v0]);
    await compareInt4('random-untied-bf16', folder, folder, published.random, TOLERANCE[BESIDE_INT4.random]);
    for (const dtype of ['bf16', 'fp16', 'fp32'] as const) {
      await compare('tiny-v0', trained, dtype, published.v0);
      await compare('random-untied-bf16', folder, dtype, published.random);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(
  label: string,
  model: string,
  dtype: keyof typeof TOLERANCE,
  rankings: readonly Ranking[],
): Promise<void> {
  report(`${label}, ${dtype}`, await logitsOf(model, { device: 'cuda', dtype }, rankings), rankings, TOLERANCE[dtype]);
}

/**
 * Compares matrices of 4 bits, quantized while loading and from a checkpoint that is stored so, with the same weights in
 * float32 on the CPU. What int4 is off there, which rounds activations to 8 bits, is told beside it.
 */
async function compareInt4(
  label: string,
  model: string,
  folder: string,
  rankings: readonly Ranking[],
  tolerance: number,
): Promise<void> {
  const stored = await mkdtemp(join(folder, 'int4-'));
  await rm(stored, { recursive: true });
  await compile(model, stored, { dtype: 'int4' });
  const exact = await logitsOf(stored, { device: 'cpu', dtype: 'fp32' }, rankings);
  const same = rankings.map((ranking, at) => ({ ...ranking, logits: exact[at] ?? [] }));
  const compareOn = async (device: 'cpu' | 'cuda', from: string, weights: string) => {
    const logits = await logitsOf(weights, { device, dtype: 'int4', compiledDir: folder }, rankings);
    report(`${label}, int4 ${from} on ${device}, against its own weights in float32`, logits, same, tolerance);
  };
  await compareOn('cpu', 'as stored', stored);
  await compareOn('cuda', 'as stored', stored);
  await compareOn('cuda', 'quantized while loading', model);
}

async function logitsOf(model: string, options: LoadOptions, rankings: readonly Ranking[]): Promise<number[][]> {
  await using reranker = await Reranker.load(model, options);
  const all: number[][] = [];
  for (const { query, documents, instruction } of rankings) {
    const { results } = await reranker.rerank(query, documents, instruction === undefined ? {} : { instruction });
    all.push(results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit));
  }
  return all;
}

function report(label: string, all: readonly number[][], rankings: readonly Ranking[], tolerance: number): void {
  let worst = 0;
  let swapped = 0;
  for (const [ranking, { logits }] of rankings.entries()) {
    const found = all[ranking] ?? [];
    for (const [at, expected] of logits.entries()) {
      worst = Math.max(worst, Math.abs((found[at] ?? Number.NaN) - expected));
      for (const [other, lower] of logits.entries()) {
        if (expected - lower > tolerance && (found[at] ?? 0) <= (found[other] ?? 0)) swapped++;
      }
    }
  }
  const verdict = worst <= tolerance && swapped === 0 ? 'ok' : 'NOT OK';
  console.log(`golden, ${label}: largest difference ${worst.toExponential(1)}, ${swapped} swapped: ${verdict}`);
}
