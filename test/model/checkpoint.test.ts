import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/model/checkpoint.ts';
import { resolveModel } from '../../src/model/source.ts';
import { rejection } from './hub-setup.ts';
import { safetensorsFile } from './safetensors-file.ts';
import { scratch } from './scratch.ts';
import { shardedModel, TINY_CONFIG, tinyModel, tinyTensors, writeFiles } from './tiny-model.ts';

const POOLING = 'sentence_transformers.models.Pooling';
const TRANSFORMER = 'sentence_transformers.base.modules.transformer.Transformer';
const LOGIT_SCORE = 'sentence_transformers.cross_encoder.modules.logit_score.LogitScore';
const modules = (...types: string[]) => JSON.stringify(types.map((type, idx) => ({ idx, type })));

async function open(files: Record<string, Buffer | string>) {
  const folder = await scratch();
  await writeFiles(folder, files);
  return openCheckpoint(await resolveModel(folder));
}

const untied = { ...TINY_CONFIG, tie_word_embeddings: false };
const classifier = { ...TINY_CONFIG, architectures: ['Qwen3ForSequenceClassification'] };

describe('a checkpoint', () => {
  it('is the embedded model', async () => {
    const { config, tensors, headTensor, files } = await openCheckpoint(await resolveModel(undefined));
    expect(config).toMatchObject({ hiddenSize: 384, layers: 12, ropeTheta: 10_000, maxPositions: 8192 });
    expect(headTensor).toBe('model.embed_tokens.weight');
    expect(tensors.size).toBe(219);
    expect(files.kind).toBe('embedded');
  });

  it.each([
    ['tied', TINY_CONFIG, 'model.embed_tokens.weight'],
    ['untied', untied, 'lm_head.weight'],
    ['a classifier', classifier, 'score.weight'],
  ])('may be %s', async (_what, config, head) => {
    expect((await open(tinyModel(config))).headTensor).toBe(head);
  });

  it('may be sharded', async () => {
    expect((await open(shardedModel())).tensors.size).toBe(24);
  });

  it('may hold more than the network needs', async () => {
    const tensors = { ...tinyTensors(), 'lm_head.weight': { shape: [1] }, extra: { dtype: 'I8', shape: [3] } };
    expect((await open(tinyModel(TINY_CONFIG, tensors))).headTensor).toBe('model.embed_tokens.weight');
  });

  it.each(Object.keys(tinyTensors(untied)))('needs %s', async (name) => {
    const { [name]: _, ...rest } = tinyTensors(untied);
    const error = await rejection(open(tinyModel(untied, rest)));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(`expected "${name}"`) });
  });

  it('names a tensor of another shape, what was expected and what was found', async () => {
    for (const shape of [[24, 9], [24], [8, 24]]) {
      const tensors = { ...tinyTensors(), 'model.layers.1.self_attn.q_proj.weight': { shape } };
      const error = await rejection(open(tinyModel(TINY_CONFIG, tensors)));
      expect(error.message).toMatch(/"model\.layers\.1\.self_attn\.q_proj\.weight" of shape \[24, 8\]/);
      expect(error.message).toContain(`found [${shape.join(', ')}]`);
    }
  });

  it('has weights of a type that can be run', async () => {
    const tensors = { ...tinyTensors(), 'model.norm.weight': { dtype: 'I8', shape: [8] } };
    const error = await rejection(open(tinyModel(TINY_CONFIG, tensors)));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('type I8') });
  });

  it('is refused when it is cut short', async () => {
    const model = tinyModel();
    const weights = model['model.safetensors'] ?? Buffer.alloc(0);
    const cut = weights.subarray(0, weights.length - 1);
    const error = await rejection(open({ ...model, 'model.safetensors': cut }));
    expect(error.message).toContain(`${weights.length} bytes expected, ${cut.length} found`);
  });

  it.each([
    ['modules.json', modules(TRANSFORMER, POOLING), /Pooling/],
    ['modules.json', modules(TRANSFORMER, 'sentence_transformers.models.Normalize'), /Normalize/],
    ['1_Pooling/config.json', '{}', /1_Pooling/],
    ['config_sentence_transformers.json', '{"model_type":"SentenceTransformer"}', /"SentenceTransformer"/],
  ])('is refused as an embedding model by %s: %s', async (name, content, message) => {
    const error = await rejection(open({ ...tinyModel(), [name]: content }));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(message) });
    expect(error.message).toMatch(/is an embedding model/);
  });

  it('is refused as an embedding model by the names of its tensors', async () => {
    const bare = Object.entries(tinyTensors()).map(([name, tensor]) => [name.replace(/^model\./, ''), tensor]);
    const weights = safetensorsFile(Object.fromEntries(bare));
    const error = await rejection(open({ ...tinyModel(), 'model.safetensors': weights }));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/embedding model.*bare/) });
  });

  it('is not refused for the files of the sentence-transformers library that rerankers have too', async () => {
    const { config } = await open({
      ...tinyModel(),
      'modules.json': modules(TRANSFORMER, LOGIT_SCORE),
      '1_LogitScore/config.json': '{"true_token_id":9,"false_token_id":2}',
      'config_sentence_transformers.json': '{"model_type":"CrossEncoder"}',
    });
    expect(config.head).toBe('causal-lm');
    expect((await open({ ...tinyModel(classifier), 'modules.json': modules(TRANSFORMER) })).headTensor).toBe(
      'score.weight',
    );
  });

  it('is refused when it scores with one token only', async () => {
    const score = '{"true_token_id":9,"false_token_id":null}';
    const error = await rejection(open({ ...tinyModel(), '1_LogitScore/config.json': score }));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('one token, 9') });
  });

  it('is refused when config.json is not JSON, or not an object', async () => {
    for (const text of ['{', '[]', 'null']) {
      expect(await rejection(open({ ...tinyModel(), 'config.json': text }))).toMatchObject({ code: 'MODEL_INVALID' });
    }
  });
});
