import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type CompileProgress, type Dtype, type LoadOptions, type LoadProgress, Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CompiledStore } from '../../src/store/index.ts';
import { runScript } from '../lifecycle/run-script.ts';
import { scratch } from '../model/scratch.ts';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

const SPEC: SeededCheckpointSpec = {
  seed: 5,
  dtype: 'BF16',
  hidden: 64,
  layers: 3,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  intermediate: 160,
  vocabSize: 32_000,
  tied: true,
  shards: 2,
  head: 'causal-lm',
  configStyle: 'new',
  ropeTheta: 1e6,
  rmsNormEps: 1e-6,
  maxPositions: 2048,
};
const FORMS = ['int8', 'int4'] as const;
const DOCUMENTS = ['one', 'Peking ist die Hauptstadt Chinas.', '使用 csv 模块逐行读取。', '', 'fish '.repeat(200)];

let root: string;
let model: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rerankit-compiled-'));
  model = join(root, 'model');
  await writeSeededCheckpoint(model, SPEC);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const warnings: Error[] = [];
const listen = (warning: Error) => warnings.push(warning);
beforeAll(() => void process.on('warning', listen));
afterAll(() => void process.off('warning', listen));

interface Outcome {
  readonly logits: readonly number[];
  /** Compiling as it was reported. */
  readonly compiling: readonly CompileProgress[];
  /** Messages of the warnings that were emitted meanwhile. */
  readonly warned: readonly string[];
}

/** Loads, scores, disposes. */
async function score(options: LoadOptions, from = model): Promise<Outcome> {
  const compiling: CompileProgress[] = [];
  warnings.length = 0;
  const onProgress = (progress: LoadProgress) => void (progress.phase === 'compile' && compiling.push(progress));
  await using reranker = await Reranker.load(from, { device: 'cpu', onProgress, ...options });
  const { scores } = await reranker.score(DOCUMENTS.map((document) => ({ query: 'capital of China', document })));
  const ours = warnings.filter(({ name }) => name === 'RerankitWarning');
  return { logits: scores.map(({ logit }) => logit), compiling, warned: ours.map(({ message }) => message) };
}

function expectSame(logits: readonly number[], expected: readonly number[], digits = 6): void {
  expect(logits).toHaveLength(expected.length);
  for (const [index, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[index] ?? Number.NaN, digits);
}

const entriesOf = async (folder: string) => (await list(join(folder, 'compiled', 'entries'))).sort();

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Everything that is half-built or in use. */
async function leftovers(folder: string): Promise<string[]> {
  const names = await Promise.all(['building', 'uses', 'locks'].map((name) => list(join(folder, 'compiled', name))));
  return names.flat();
}

/** The only entry's folder. */
async function entryOf(folder: string): Promise<string> {
  const entries = await entriesOf(folder);
  expect(entries).toHaveLength(1);
  return join(folder, 'compiled', 'entries', entries[0] ?? '');
}

describe.each(FORMS)('a compiled model in %s', (dtype) => {
  test('is built by the first load, with progress, and used by the second', async () => {
    const compiledDir = await scratch();
    const first = await score({ dtype, compiledDir });
    expect(first.compiling.length).toBeGreaterThan(5);
    const done = first.compiling.map(({ loadedBytes }) => loadedBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const last = first.compiling.at(-1);
    expect(last?.loadedBytes).toBe(last?.totalBytes);
    expect(last?.totalBytes).toBeGreaterThan(4_000_000);
    expect(first.logits.every(Number.isFinite)).toBe(true);
    expect(first.warned).toEqual([]);

    const second = await score({ dtype, compiledDir });
    expect(second.compiling).toEqual([]);
    expect(second.warned).toEqual([]);
    expectSame(second.logits, first.logits);
    expect(await entriesOf(compiledDir)).toHaveLength(1);
    await vi.waitFor(async () => expect(await leftovers(compiledDir)).toEqual([]));
  });

  test('whose index is not for this form is passed over, and let go', async () => {
    const compiledDir = await scratch();
    const sound = await score({ dtype, compiledDir });
    // As a build of another version would leave it: whole, and of the right name.
    const entry = await entryOf(compiledDir);
    const [weights, index] = [await readFile(join(entry, 'weights.bin')), await readFile(join(entry, 'index.json'))];
    await rm(entry, { recursive: true });
    const { release } = await new CompiledStore({ folder: compiledDir }).obtain(basename(entry), async (writer) => {
      await writeFile(join(writer.folder, 'weights.bin'), weights);
      await writeFile(join(writer.folder, 'index.json'), String(index).replace('"form":"int', '"form":"float'));
      return undefined;
    });
    await release();
    const inMemory = await score({ dtype, compiledDir });
    expectSame(inMemory.logits, sound.logits, 5);
    expect(inMemory.warned).toEqual([expect.stringMatching(/cannot be read: it is for float\d.*compiled in memory/)]);
    expect(await leftovers(compiledDir)).toEqual([]);
  });

  test('of another model, under this one’s name, is not used', async () => {
    const [compiledDir, elsewhere] = [await scratch(), await scratch()];
    const other = join(root, `other-${dtype}`);
    await writeSeededCheckpoint(other, { ...SPEC, seed: 6 });
    const right = await score({ dtype, compiledDir });
    const foreign = await score({ dtype, compiledDir: elsewhere }, other);
    expect(foreign.logits).not.toEqual(right.logits);
    const entry = await entryOf(compiledDir);
    await rm(entry, { recursive: true });
    await cp(await entryOf(elsewhere), entry, { recursive: true });
    const again = await score({ dtype, compiledDir });
    expectSame(again.logits, right.logits);
    expect(again.warned).toEqual([expect.stringContaining('names another key')]);
  });

  test('is made in memory where the folder is a file', async () => {
    const [sound, compiledDir] = [await scratch(), join(await scratch(), 'file')];
    await writeFile(compiledDir, 'not a folder');
    const { logits } = await score({ dtype, compiledDir: sound });
    const inMemory = await score({ dtype, compiledDir });
    expectSame(inMemory.logits, logits, 5);
    expect(inMemory.warned).toEqual([
      expect.stringMatching(/cannot be used[\s\S]*RERANKIT_CACHE[\s\S]*compiled in memory instead/),
    ]);
    expect(inMemory.warned[0]).toContain(compiledDir);
    expect(inMemory.compiling.length).toBeGreaterThan(5);
    expect(await readFile(compiledDir, 'utf8')).toBe('not a folder');
  });

  test('is made again each time where it is larger than compiledMaxBytes, with a warning', async () => {
    const compiledDir = await scratch();
    const small = await score({ dtype, compiledDir, compiledMaxBytes: 1000 });
    expect(small.warned).toEqual([expect.stringMatching(/more than compiledMaxBytes \(1000\)/)]);
    expectSame((await score({ dtype, compiledDir })).logits, small.logits);
  });
});

describe('a compiled model', () => {
  test.each<[string, Dtype, (entry: string) => Promise<void>]>([
    ['a byte of the weights', 'int8', async (entry) => flip(join(entry, 'weights.bin'))],
    ['weights that are too short', 'int4', async (entry) => truncate(join(entry, 'weights.bin'), 100_000)],
    ['an index of other places', 'int8', async (entry) => edit(join(entry, 'index.json'), '"offset":0', '"offset":9')],
    ['no index', 'int4', async (entry) => rm(join(entry, 'index.json'))],
    ['no manifest', 'int8', async (entry) => rm(join(entry, 'manifest.json'))],
    ['a file that is not ours', 'int4', async (entry) => writeFile(join(entry, 'more.bin'), 'x')],
    ['a file instead of it', 'int8', async (entry) => rm(entry, { recursive: true }).then(() => writeFile(entry, 'x'))],
  ])('with %s is made again, with a warning', async (_, dtype, damage) => {
    const compiledDir = await scratch();
    const sound = await score({ dtype, compiledDir });
    await damage(await entryOf(compiledDir));
    const again = await score({ dtype, compiledDir });
    expectSame(again.logits, sound.logits);
    expect(again.compiling.length).toBeGreaterThan(0);
    expect(again.warned).toEqual([
      expect.stringMatching(/compiled model was not as it was written \(.+\).*made again/),
    ]);
    const third = await score({ dtype, compiledDir });
    expect(third).toMatchObject({ compiling: [], warned: [] });
    expectSame(third.logits, sound.logits);
  });
});

describe('sources', () => {
  test('that have changed get an entry of their own', async () => {
    const compiledDir = await scratch();
    const copy = join(await scratch(), 'model');
    await cp(model, copy, { recursive: true });
    const first = await score({ dtype: 'int8', compiledDir }, copy);
    // Touched: the same bytes, but nobody has read them to know.
    const shard = join(copy, 'model-00002-of-00002.safetensors');
    const { mtime } = await stat(shard);
    await utimes(shard, mtime, new Date(mtime.getTime() - 5000));
    const touched = await score({ dtype: 'int8', compiledDir }, copy);
    expect(touched.compiling.length).toBeGreaterThan(0);
    expectSame(touched.logits, first.logits);
    expect(await entriesOf(compiledDir)).toHaveLength(2);
    // Other weights of the same size.
    await writeSeededCheckpoint(copy, { ...SPEC, seed: 8 });
    const other = await score({ dtype: 'int8', compiledDir }, copy);
    expect(other.logits).not.toEqual(first.logits);
    expect(await entriesOf(compiledDir)).toHaveLength(3);
  });

  test('and forms do not get in each other’s way', async () => {
    const compiledDir = await scratch();
    const fresh = new Map<Dtype, readonly number[]>();
    for (const dtype of ['fp32', ...FORMS] as const) fresh.set(dtype, (await score({ dtype, compiledDir })).logits);
    expect(await entriesOf(compiledDir)).toHaveLength(2);
    for (const [dtype, logits] of fresh) {
      const again = await score({ dtype, compiledDir });
      expect(again.compiling).toEqual([]);
      expectSame(again.logits, logits);
    }
    expect(new Set([...fresh.values()].map((logits) => logits[0])).size).toBe(3);
  });
});

describe('giving up', () => {
  /** Resolves once nothing half-built lies in the folder any more. */
  const tidy = (folder: string) =>
    vi.waitFor(
      async () => {
        expect(await leftovers(folder)).toEqual([]);
        expect(await entriesOf(folder)).toEqual([]);
      },
      { timeout: 20_000 },
    );

  test('by a signal, in the middle of compiling', async () => {
    const compiledDir = await scratch();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const onProgress = (progress: LoadProgress) => {
      if (progress.phase === 'compile' && progress.loadedBytes > 0) controller.abort(reason);
    };
    const options = { device: 'cpu', dtype: 'int8', compiledDir } as const;
    await expect(Reranker.load(model, { ...options, onProgress, signal: controller.signal })).rejects.toBe(reason);
    await tidy(compiledDir);
    const { logits, compiling } = await score(options);
    expect(compiling.length).toBeGreaterThan(0);
    expectSame(logits, (await score(options)).logits);
  });

  test('by an onProgress that throws', async () => {
    const compiledDir = await scratch();
    const thrown = new Error('of the application');
    const onProgress = (progress: LoadProgress) => {
      if (progress.phase === 'compile') throw thrown;
    };
    const options = { device: 'cpu', dtype: 'int4', compiledDir } as const;
    await expect(Reranker.load(model, { ...options, onProgress })).rejects.toBe(thrown);
    await tidy(compiledDir);
    expect((await score(options)).compiling.length).toBeGreaterThan(0);
  });

  test('by a signal, while the session is made: what was compiled stays, and is not in use', async () => {
    const compiledDir = await scratch();
    const controller = new AbortController();
    const reason = new Error('too slow');
    const onProgress = ({ phase }: LoadProgress) => void (phase === 'session' && controller.abort(reason));
    const options = { device: 'cpu', dtype: 'int8', compiledDir } as const;
    await expect(Reranker.load(model, { ...options, onProgress, signal: controller.signal })).rejects.toBe(reason);
    await vi.waitFor(async () => expect(await leftovers(compiledDir)).toEqual([]), { timeout: 20_000 });
    expect(await score(options)).toMatchObject({ compiling: [], warned: [] });
  });
});

describe('processes', () => {
  test('that end in the middle of compiling end at once, and the next one starts afresh', async () => {
    const cache = await scratch();
    const script = `
      import { Reranker } from 'rerankit';
      const onProgress = ({ phase, loadedBytes }) => { if (phase === 'compile' && loadedBytes > 0) process.exit(5); };
      await Reranker.load(process.env.MODEL, { device: 'cpu', dtype: 'int8', onProgress });
    `;
    const { code, signal, stderr } = await runScript(script, { env: { MODEL: model, RERANKIT_CACHE: cache } });
    expect({ code, signal, stderr }).toEqual({ code: 5, signal: null, stderr: '' });
    expect(await entriesOf(cache)).toEqual([]);
    const next = await score({ dtype: 'int8', compiledDir: cache });
    expect(next.compiling.length).toBeGreaterThan(0);
    expect(next.warned).toEqual([]);
    await vi.waitFor(async () => expect(await leftovers(cache)).toEqual([]));
  });

  const SCRIPT = `
    import { Reranker } from 'rerankit';
    const events = [];
    const onProgress = (progress) => { if (progress.phase === 'compile') events.push(progress); };
    const reranker = await Reranker.load(process.env.MODEL, { device: 'cpu', dtype: 'int8', onProgress });
    const { scores } = await reranker.score([{ query: 'capital of China', document: 'one' }]);
    await reranker.dispose();
    console.log(JSON.stringify({ built: events.some(({ waiting }) => !waiting), logit: scores[0].logit }));
  `;

  test('that load a new model at once build it once, in the folder of RERANKIT_CACHE', async () => {
    const cache = await scratch();
    const env = { MODEL: model, RERANKIT_CACHE: cache };
    const ended = await Promise.all([runScript(SCRIPT, { env }), runScript(SCRIPT, { env })]);
    for (const { code, stderr } of ended) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const outcomes = ended.map(({ stdout }) => JSON.parse(stdout) as { built: boolean; logit: number });
    expect(outcomes.map(({ built }) => built).sort()).toEqual([false, true]);
    expect(outcomes[0]?.logit).toBeCloseTo(outcomes[1]?.logit ?? Number.NaN, 6);
    expect(await entriesOf(cache)).toHaveLength(1);
    expect(await leftovers(cache)).toEqual([]);
  });

  test('that load it twice at once in one process build it once', async () => {
    const compiledDir = await scratch();
    const [a, b] = await Promise.all([score({ dtype: 'int8', compiledDir }), score({ dtype: 'int8', compiledDir })]);
    expectSame(a.logits, b.logits);
    const built = [a, b].filter(({ compiling }) => compiling.some(({ waiting }) => !waiting));
    expect(built).toHaveLength(1);
    expect(await entriesOf(compiledDir)).toHaveLength(1);
  });

  test('without a usable folder for temporary files compile all the same', async () => {
    const cache = await scratch();
    const env = { MODEL: model, RERANKIT_CACHE: cache, TMPDIR: join(cache, 'missing') };
    const { code, stdout, stderr } = await runScript(SCRIPT, { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ built: true });
  });

  // As in a container that runs under a user number without a name. Only root can become somebody else.
  test.skipIf(process.getuid?.() !== 0)(
    'of a user without a home compile in memory, and run fp32 as ever',
    async () => {
      const script = `
      process.setgid(54321);
      process.setuid(54321);
      const { Reranker } = await import('rerankit');
      const warned = [];
      process.on('warning', ({ name, message }) => warned.push(name + ': ' + message));
      for (const dtype of ['fp32', 'int8']) await (await Reranker.load(undefined, { device: 'cpu', dtype })).dispose();
      console.log(JSON.stringify(warned));
    `;
      const env = { HOME: undefined, RERANKIT_CACHE: undefined, XDG_CACHE_HOME: undefined, NODE_NO_WARNINGS: '1' };
      const { code, stdout, stderr } = await runScript(script, { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual([expect.stringMatching(/^RerankitWarning: .*no home.*compiled in memory/)]);
    },
  );
});

describe('what cannot be is refused before anything is read or downloaded', () => {
  const fetch = vi.fn(() => Promise.reject(new Error('no network here')));

  test.each<[string, LoadOptions, RegExp]>([
    [
      'int8 on webgpu',
      { dtype: 'int8', device: 'webgpu' },
      /dtype .* is 'int8', which does not run on device 'webgpu'/,
    ],
    ['int8 on cuda', { dtype: 'int8', device: 'cuda' }, /dtype .* is 'int8', which does not run on device 'cuda'/],
    ['an unknown type', { dtype: 'fp8' as Dtype }, /dtype .* must be one of 'auto', .*'int8', 'int4', not "fp8"/],
    ['no type', { dtype: null as unknown as Dtype }, /dtype .*, not null/],
    ['a limit below zero', { compiledMaxBytes: -1 }, /compiledMaxBytes .* at least 0, not -1/],
    ['a folder that is no string', { compiledDir: 5 as unknown as string }, /compiledDir .* a string, not 5/],
    ['a folder without a name', { compiledDir: '' }, /compiledDir is ""/],
    ['a folder with a null character', { compiledDir: 'a\0b' }, /compiledDir is "a\\u0000b"/],
  ])('%s', async (_, options, message) => {
    const cacheDir = await scratch();
    for (const from of ['somebody/a-model', join(cacheDir, 'no-such-folder')]) {
      const failure = Reranker.load(from, { cacheDir, fetch, ...options });
      await expect(failure).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
    }
    expect(fetch).not.toHaveBeenCalled();
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test('tests have a cache folder of their own', () => {
    expect(process.env['RERANKIT_CACHE']).toContain('rerankit-cache-');
  });
});

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x55;
  await writeFile(path, bytes);
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}
