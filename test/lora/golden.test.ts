import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, type Dtype, type LoadOptions, Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, jsonLines } from '../cli/command.ts';
import { GOLDEN_TOLERANCE } from '../e2e/expect-golden.ts';
import { scratch } from '../model/scratch.ts';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

interface Golden {
  readonly bases: Readonly<Record<string, SeededCheckpointSpec>>;
  readonly pairs: readonly { readonly query: string; readonly document: string }[];
  readonly cases: readonly {
    readonly base: string;
    readonly adapters: readonly { readonly name: string; readonly scale: number }[];
    readonly logits: readonly number[];
  }[];
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const { bases, pairs, cases }: Golden = JSON.parse(await readFile(join(HERE, 'scores.json'), 'utf8'));
const adapterPath = (name: string) => join(HERE, 'adapters', name);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rerankit-lora-'));
  for (const [name, spec] of Object.entries(bases)) await writeSeededCheckpoint(join(root, name), spec);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Logits of the golden pairs. */
async function logits(model: string, options: LoadOptions): Promise<number[]> {
  await using reranker = await Reranker.load(model, { device: 'cpu', dtype: 'fp32', ...options });
  return (await reranker.score(pairs)).scores.map(({ logit }) => logit);
}

function distance(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((logit, at) => Math.abs(logit - (expected[at] ?? Number.NaN))));
}

const named = cases.map((one) => ({
  ...one,
  title: [one.base, ...one.adapters.map(({ name, scale }) => `${name} x ${scale}`)].join(' + '),
}));

describe('merged adapters score as PEFT’s merged models do', () => {
  it.each(named)('$title', async ({ base, adapters, logits: expected }) => {
    const model = join(root, base);
    const options = { adapters: adapters.map(({ name, scale }) => ({ path: adapterPath(name), scale })) };
    expect(distance(await logits(model, options), expected)).toBeLessThan(GOLDEN_TOLERANCE);
    if (adapters.length === 0) return;
    const plain = cases.find((one) => one.base === base && one.adapters.length === 0);
    expect(distance(expected, plain?.logits ?? [])).toBeGreaterThan(0.1);
  });
});

describe('merged adapters', () => {
  const patterns = { base: 'lm', adapters: [{ path: adapterPath('patterns') }] };
  const head = { base: 'lm', adapters: [{ path: adapterPath('head-for-lm') }] };
  const stored = (name: string) => cases.find(({ adapters: [first] }) => first?.name === name && first.scale === 1);

  it.each<[Dtype, number]>([
    // Random matrices of 48 columns; the adapter alone changes the logits by up to 5.
    ['int8', 1],
    ['int4', 2],
  ])('also come in %s, near float32', async (dtype, tolerance) => {
    const { base, adapters } = patterns;
    const found = await logits(join(root, base), { adapters, dtype });
    expect(distance(found, stored('patterns')?.logits ?? [])).toBeLessThan(tolerance);
  });

  it.each([
    ['patterns', patterns],
    ['a score head for a language model', head],
  ])('can be shipped with the model: %s', async (_, { base, adapters }) => {
    const folder = join(await scratch(), 'merged');
    await compile(join(root, base), folder, { adapters });
    const merged = await logits(join(root, base), { adapters, dtype: 'int8' });
    expect(distance(await logits(folder, { dtype: 'int8' }), merged)).toBeLessThan(1e-4);
  });

  it('are kept: only the first load merges, another scale or content merges anew, another folder does not', async () => {
    const compiledDir = await scratch();
    const merges = async (path: string, scale: number): Promise<boolean> => {
      let compiled = false;
      const reranker = await Reranker.load(join(root, 'lm'), {
        device: 'cpu',
        dtype: 'fp32',
        compiledDir,
        adapters: [{ path, scale }],
        onProgress: ({ phase }) => {
          compiled ||= phase === 'compile';
        },
      });
      expect(reranker.info.adapters).toEqual([{ path, scale }]);
      await reranker.dispose();
      return compiled;
    };
    const elsewhere = join(await scratch(), 'moved');
    await cp(adapterPath('query-value'), elsewhere, { recursive: true });
    expect(await merges(adapterPath('query-value'), 1)).toBe(true);
    expect(await merges(adapterPath('query-value'), 1)).toBe(false);
    expect(await merges(elsewhere, 1)).toBe(false);
    expect(await merges(elsewhere, 0.5)).toBe(true);
    const weights = join(elsewhere, 'adapter_model.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
    await writeFile(weights, bytes);
    expect(await merges(elsewhere, 1)).toBe(true);
  });

  it('are merged by the command too, with a scale', async () => {
    const [{ query } = { query: '' }] = pairs;
    const path = adapterPath('query-value');
    const model = [
      '--model',
      join(root, 'lm'),
      '--adapter',
      `${path}=0.5`,
      '--adapter',
      adapterPath('rank-stabilised'),
    ];
    const documents = pairs.slice(0, 2).map(({ document }) => document);
    const { code, stdout, stderr } = await command(['rank', query, ...model, '--device', 'cpu'], {
      stdin: documents.join('\n'),
    });
    expect([code, stderr]).toEqual([0, '']);
    const adapters = [{ path, scale: 0.5 }, { path: adapterPath('rank-stabilised') }];
    await using reranker = await Reranker.load(join(root, 'lm'), { device: 'cpu', adapters });
    const { results } = await reranker.rerank(query, documents);
    const found = jsonLines(stdout).map(({ logit }) => Number(logit));
    expect(
      distance(
        found,
        results.map(({ logit }) => logit),
      ),
    ).toBeLessThan(1e-4);
  });

  it('are none in the info of a model without them', async () => {
    await using reranker = await Reranker.load();
    expect(reranker.info.adapters).toEqual([]);
  });
});
