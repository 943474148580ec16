import { describe, expect, it } from 'vitest';
import { openEmbedder } from '../../src/model/embedder.ts';
import { resolveModel } from '../../src/model/source.ts';
import { MARKERS, PROMPTS } from '../embedding/markers.ts';
import { rejection } from './hub-setup.ts';
import { type FakeTensor, safetensorsFile } from './safetensors-file.ts';
import { scratch } from './scratch.ts';
import { TINY_CONFIG, tinyModel, tinyTensors, writeFiles } from './tiny-model.ts';

type Files = Record<string, Buffer | string>;

const markers: Files = Object.fromEntries(
  Object.entries(MARKERS).map(([name, content]) => [name, JSON.stringify(content)]),
);
const bareTensors = (): Record<string, FakeTensor> =>
  Object.fromEntries(Object.entries(tinyTensors()).map(([name, tensor]) => [name.replace(/^model\./, ''), tensor]));
const bareModel = (config: object = TINY_CONFIG): Files => ({
  ...tinyModel(TINY_CONFIG, bareTensors()),
  'config.json': JSON.stringify(config),
});
const pooling = (json: object): Files => ({ ...markers, '1_Pooling/config.json': JSON.stringify(json) });
const modules = (...types: string[]): Files => ({ 'modules.json': JSON.stringify(types.map((type) => ({ type }))) });

async function open(files: Files, how?: 'last-token') {
  const folder = await scratch();
  await writeFiles(folder, files);
  return openEmbedder(await resolveModel(folder), how);
}

describe('an embedding model', () => {
  it('has the names and files of Qwen3-Embedding', async () => {
    const { checkpoint, prompts } = await open({ ...bareModel(), ...markers });
    expect(checkpoint.config.head).toBe('none');
    expect(checkpoint.headTensor).toBeUndefined();
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(tinyTensors()).sort());
    for (const [name, location] of checkpoint.tensors) expect(location.name).toBe(name);
    expect(prompts).toEqual(PROMPTS);
  });

  it.each([
    ['bare tensors and no other files', bareModel()],
    ['a bare architecture', bareModel({ ...TINY_CONFIG, architectures: ['Qwen3Model'] })],
    ['the names of a language model', { ...tinyModel(), ...markers }],
    ['a head of a language model, which is not read', tinyModelWith({ 'lm_head.weight': { shape: [11, 8] } })],
    ['an index of modules only', { ...tinyModel(), ...modules('sentence_transformers.models.Pooling') }],
    [
      'files of newer releases',
      {
        ...tinyModel(),
        ...pooling({ pooling_mode: 'lasttoken' }),
        'config_sentence_transformers.json': '{"model_type":"SentenceTransformer"}',
      },
    ],
  ])('may have %s', async (_what, files) => {
    const { checkpoint } = await open(files);
    expect(checkpoint.tensors.has('model.norm.weight')).toBe(true);
  });

  it('says nothing of prompts where its files do not', async () => {
    expect((await open(bareModel())).prompts).toEqual({ query: undefined, document: undefined });
  });

  it('that could be anything is loaded only if it is told how', async () => {
    const error = await rejection(open(tinyModel()));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/pooling: 'last-token'/) });
    expect((await open(tinyModel(), 'last-token')).checkpoint.config.layers).toBe(2);
  });

  it.each([
    [
      'a classifier',
      { ...TINY_CONFIG, architectures: ['Qwen3ForSequenceClassification'] },
      {},
      /load it with Reranker/,
    ],
    [
      'another network',
      { ...TINY_CONFIG, architectures: ['BertModel'] },
      {},
      /"BertModel" is not supported; Qwen3Model/,
    ],
    ['text after a token', { ...TINY_CONFIG, use_bidirectional_attention: true }, {}, /use_bidirectional_attention/],
    ['a score', TINY_CONFIG, { '1_LogitScore/config.json': '{}' }, /is a reranker.*1_LogitScore/],
    ['a scoring module', TINY_CONFIG, modules('x.Transformer', 'x.LogitScore'), /is a reranker.*LogitScore/],
    [
      'a cross-encoder',
      TINY_CONFIG,
      { 'config_sentence_transformers.json': '{"model_type":"CrossEncoder"}' },
      /is a reranker.*"CrossEncoder"/,
    ],
    ['a layer of its own', TINY_CONFIG, modules('x.Transformer', 'x.Pooling', 'x.Dense'), /"x.Dense"/],
    ['a mean', TINY_CONFIG, pooling({ pooling_mode_mean_tokens: true }), /pools by "mean_tokens"/],
    [
      'two vectors in one',
      TINY_CONFIG,
      pooling({ pooling_mode_lasttoken: true, pooling_mode_cls_token: true }),
      /"lasttoken" and "cls_token"/,
    ],
    ['an unknown way', TINY_CONFIG, pooling({}), /in no way that it names/],
  ])('of another kind is refused, whatever is asked for: %s', async (_what, config, files: Files, message) => {
    for (const how of [undefined, 'last-token'] as const) {
      const error = await rejection(open({ ...tinyModel(), 'config.json': JSON.stringify(config), ...files }, how));
      expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(message) });
    }
  });

  it('with a score head is refused by the name of the tensor', async () => {
    const error = await rejection(open(tinyModelWith({ 'score.weight': { shape: [1, 8] } }), 'last-token'));
    expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('"score.weight"') });
  });

  it('lacks no tensor, and its prompts are texts', async () => {
    const { 'norm.weight': _, ...rest } = bareTensors();
    const damaged = { ...bareModel(), 'model.safetensors': safetensorsFile(rest) };
    expect((await rejection(open(damaged))).message).toContain('expected "model.norm.weight" of shape [8]');
    const odd = { ...bareModel(), 'config_sentence_transformers.json': '{"prompts":{"query":7}}' };
    expect(await rejection(open(odd))).toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('prompts.query is 7'),
    });
  });
});

function tinyModelWith(tensors: Record<string, FakeTensor>): Files {
  return { ...tinyModel(TINY_CONFIG, { ...tinyTensors(), ...tensors }), ...markers };
}
