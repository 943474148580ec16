import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker, RerankitError } from 'rerankit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { golden, writeExport } from '../onnx-exports/export-folder.ts';
import { fixture } from '../onnx-exports/fixtures.ts';

const MODEL = { 'onnx/model.onnx': 'model.onnx' };

let folder: string;
const open: Reranker[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-export-'));
});

afterEach(async () => {
  for (const reranker of open.splice(0)) await reranker.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function load(options: Parameters<typeof Reranker.load>[1] = {}): Promise<Reranker> {
  const reranker = await Reranker.load(folder, options);
  open.push(reranker);
  return reranker;
}

/** The library's own error; anything else fails. */
async function failure(promise: Promise<unknown>): Promise<RerankitError> {
  const error = await promise.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!RerankitError.isInstance(error)) throw error;
  return error;
}

async function changeJson(name: string, change: object): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
}

describe('which export is loaded', () => {
  it('goes by dtype', async () => {
    await writeExport(folder, 'bert', { ...MODEL, 'onnx/model_quantized.onnx': 'model_quantized.onnx' });
    expect((await load()).info).toMatchObject({ onnxFile: 'onnx/model.onnx', dtype: 'fp32' });
    const int8 = await load({ dtype: 'int8' });
    expect(int8.info).toMatchObject({ onnxFile: 'onnx/model_quantized.onnx', dtype: 'int8', device: 'cpu' });
  });

  it('is the file that was asked for', async () => {
    await writeExport(folder, 'bert', { ...MODEL, 'elsewhere/model_int8.onnx': 'model_quantized.onnx' });
    const { info } = await load({ onnxFile: 'elsewhere/model_int8.onnx' });
    expect(info).toMatchObject({ onnxFile: 'elsewhere/model_int8.onnx', dtype: 'int8' });
  });

  it('is none where there is none of the type, and the error lists what is there', async () => {
    await writeExport(folder, 'bert', { ...MODEL, 'onnx/model_O3.onnx': 'model.onnx' });
    for (const options of [{ dtype: 'int4' }, { onnxFile: 'onnx/model_q4.onnx' }] as const) {
      const error = await failure(load(options));
      expect(error.code).toBe('MODEL_NOT_FOUND');
      expect(error.message).toContain('model_q4.onnx');
      expect(error.message).toContain('onnx/model.onnx, onnx/model_O3.onnx');
    }
  });

  it('is asked for by a path inside the model, and without dtype', async () => {
    await writeExport(folder, 'bert', MODEL);
    for (const onnxFile of ['../model.onnx', '/etc/passwd', 'onnx/model.bin', '']) {
      expect((await failure(load({ onnxFile }))).code).toBe('INVALID_OPTION');
    }
    const error = await failure(load({ onnxFile: 'onnx/model.onnx', dtype: 'fp32' }));
    expect(error.message).toMatch(/exclude each other/);
    expect((await failure(Reranker.load(undefined, { onnxFile: 'onnx/model.onnx' }))).code).toBe('INVALID_OPTION');
  });

  it('gives way to the safetensors of a Qwen3 model, unless it is asked for', async () => {
    await writeExport(folder, 'qwen3', { 'onnx/model.onnx': 'full.onnx', 'onnx/model.onnx_data': 'model.onnx_data' });
    await writeFile(join(folder, 'model.safetensors'), 'not safetensors');
    expect((await failure(load())).message).toMatch(/model\.safetensors/);
    expect((await load({ onnxFile: 'onnx/model.onnx' })).info.onnxFile).toBe('onnx/model.onnx');
  });

  it('is loaded in place of the safetensors of other models', async () => {
    await writeExport(folder, 'bert', MODEL);
    await writeFile(join(folder, 'model.safetensors'), 'whatever');
    expect((await load()).info).toMatchObject({ kind: 'cross-encoder', onnxFile: 'onnx/model.onnx' });
  });
});

describe('scores of an export with 8-bit activations', () => {
  it('are those of each document alone, whatever stands beside it', async () => {
    await writeExport(folder, 'bert', { 'onnx/model_quantized.onnx': 'model_quantized.onnx' });
    const reranker = await load({ dtype: 'int8' });
    const { cases } = golden('bert');
    const pairs = cases.map(({ query, document }) => ({ query, document }));
    const together = await reranker.score(pairs);
    for (const [at, pair] of pairs.entries()) {
      const alone = await reranker.score([pair]);
      expect(together.scores[at]?.logit).toBeCloseTo(alone.scores[0]?.logit ?? Number.NaN, 5);
      expect(together.scores[at]?.logit).toBeCloseTo(cases[at]?.logit ?? Number.NaN, 0);
    }
  });
});

describe('instructions', () => {
  it('to a model that knows none are an error', async () => {
    await writeExport(folder, 'bert', MODEL);
    expect(await failure(load({ instruction: 'Find answers' }))).toMatchObject({ code: 'INVALID_OPTION' });
    const reranker = await load();
    const error = await failure(reranker.rerank('q', ['d'], { instruction: 'Find answers' }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toMatch(/knows no instructions/);
    expect(await failure(reranker.score([{ query: 'q', document: 'd', instruction: '' }]))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect((await reranker.rerank('q', ['d'])).results).toHaveLength(1);
  });

  it('change the scores of a Qwen3 export', async () => {
    await writeExport(folder, 'qwen3', { 'onnx/model.onnx': 'full.onnx', 'onnx/model.onnx_data': 'model.onnx_data' });
    const reranker = await load();
    const [plain, told] = [
      await reranker.rerank('q', ['d']),
      await reranker.rerank('q', ['d'], { instruction: 'Find cats' }),
    ];
    expect(plain.results[0]?.logit).not.toBeCloseTo(told.results[0]?.logit ?? Number.NaN, 6);
  });
});

describe('long texts', () => {
  it('lose the tail of the document; a query that leaves no room is an error', async () => {
    await writeExport(folder, 'xlm-roberta', MODEL);
    const reranker = await load();
    // Of 258 positions, those up to the padding token's are not used.
    expect(reranker.info).toMatchObject({ contextLength: 256, maxLength: 256 });
    const long = 'the cat sat on the mat '.repeat(200);
    const { results, usage } = await reranker.rerank('cat', [long, 'cat']);
    expect(results.find(({ index }) => index === 0)?.truncated).toBe(true);
    expect(results.find(({ index }) => index === 1)?.truncated).toBe(false);
    expect(usage.promptTokens).toBeLessThan(300);
    expect((await failure(reranker.rerank(long, ['cat']))).code).toBe('PROMPT_TOO_LONG');
    expect((await failure(load({ maxLength: 257 }))).code).toBe('INVALID_OPTION');
  });
});

describe('models that cannot be run are refused by name', () => {
  const changes: readonly (readonly [string, string, object, RegExp])[] = [
    ['an embedding model', 'config.json', { architectures: ['BertModel'] }, /BertModel/],
    ['a classifier of three', 'config.json', { id2label: { 0: 'a', 1: 'b', 2: 'c' } }, /3 labels/],
    ['another generative model', 'config.json', { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' }, /Qwen2/],
    ['a tokenizer that joins no pairs', 'tokenizer.json', { post_processor: null }, /post_processor/],
  ];

  it.each(changes)('%s', async (_, file, change, message) => {
    await writeExport(folder, 'bert', MODEL);
    await changeJson(file, change);
    const error = await failure(load());
    expect(error.code).toBe('MODEL_UNSUPPORTED');
    expect(error.message).toMatch(message);
  });

  it('a config of another model than the tokenizer', async () => {
    await writeExport(folder, 'bert', MODEL);
    await changeJson('config.json', { vocab_size: 100 });
    expect((await failure(load())).code).toBe('MODEL_INVALID');
  });
});

describe('damaged exports are MODEL_INVALID', () => {
  const whole = fixture('bert/model.onnx.gz');
  const damages: readonly (readonly [string, Buffer])[] = [
    ['empty', Buffer.alloc(0)],
    ['cut off', whole.subarray(0, whole.length / 2)],
    ['no protobuf', Buffer.from('{"not": "onnx"}')],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')],
    ['noise', Buffer.from(whole.map((byte, at) => (at % 7 === 0 ? byte ^ 0x55 : byte)))],
  ];

  it.each(damages)('%s', async (_, content) => {
    await writeExport(folder, 'bert', MODEL);
    await writeFile(join(folder, 'onnx/model.onnx'), content);
    const error = await failure(load());
    expect(error.code).toBe('MODEL_INVALID');
    expect(error.message).toContain('model.onnx');
  });

  it('without the file of its weights', async () => {
    await writeExport(folder, 'qwen3', { 'onnx/model.onnx': 'full.onnx' });
    expect((await failure(load())).code).toBe('MODEL_INVALID');
  });

  it('with weights that lie outside the model', async () => {
    await writeExport(folder, 'qwen3', { 'model/onnx/model.onnx': 'full.onnx', 'model.onnx_data': 'model.onnx_data' });
    const path = join(folder, 'model/onnx/model.onnx');
    const content = (await readFile(path))
      .toString('latin1')
      .replaceAll('model.onnx_data', '../../x.onnx_data'.slice(2));
    await writeFile(path, Buffer.from(content, 'latin1'));
    await mkdir(join(folder, 'model'), { recursive: true });
    const error = await failure(load({ onnxFile: 'model/onnx/model.onnx' }));
    expect(error.code).toBe('MODEL_INVALID');
  });
});
