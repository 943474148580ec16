import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Reranker } from 'rerankit';
import { ROOT } from './paths.ts';

interface Ranking {
  readonly query: string;
  readonly documents: readonly string[];
  readonly instruction?: string;
  readonly logits: readonly number[];
}

/** A logit may be off by so much, and pairs that lie farther apart must keep their order. */
const TOLERANCE = { bf16: 3e-2, fp16: 1e-2, fp32: 1e-2 } as const;

/** Compares the scores of both checkpoints of test/golden with what they must be. */
export async function compareGolden(golden: string): Promise<void> {
  const published: Record<'v0' | 'random', Ranking[]> = JSON.parse(
    await readFile(join(golden, 'shared-scores.json'), 'utf8'),
  );
  const folder = await mkdtemp(join(tmpdir(), 'rerankit-golden-'));
  try {
    const fixture = join(golden, 'random-untied-bf16');
    await copyFile(join(fixture, 'config.json'), join(folder, 'config.json'));
    await writeFile(
      join(folder, 'model.safetensors'),
      gunzipSync(await readFile(join(fixture, 'model.safetensors.gz'))),
    );
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      await copyFile(join(ROOT, 'models', 'default', name), join(folder, name));
    }
    for (const dtype of ['bf16', 'fp16', 'fp32'] as const) {
      await compare('the embedded model', undefined, dtype, published.v0);
      await compare('random-untied-bf16', folder, dtype, published.random);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(
  label: string,
  model: string | undefined,
  dtype: keyof typeof TOLERANCE,
  rankings: readonly Ranking[],
): Promise<void> {
  const tolerance = TOLERANCE[dtype];
  const reranker = await Reranker.load(model, { device: 'cuda', dtype });
  let worst = 0;
  let swapped = 0;
  for (const { query, documents, instruction, logits } of rankings) {
    const { results } = await reranker.rerank(query, documents, instruction === undefined ? {} : { instruction });
    const found = results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
    for (const [at, expected] of logits.entries()) {
      worst = Math.max(worst, Math.abs((found[at] ?? Number.NaN) - expected));
      for (const [other, lower] of logits.entries()) {
        if (expected - lower > tolerance && (found[at] ?? 0) <= (found[other] ?? 0)) swapped++;
      }
    }
  }
  await reranker.dispose();
  const verdict = worst <= tolerance && swapped === 0 ? 'ok' : 'NOT OK';
  console.log(
    `golden, ${label}, ${dtype}: largest difference ${worst.toExponential(1)}, ${swapped} swapped: ${verdict}`,
  );
}
