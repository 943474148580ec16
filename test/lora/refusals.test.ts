import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { compile } from '../../src/compile-model.ts';
import { RerankitError } from '../../src/errors.ts';
import { load } from '../../src/load.ts';
import { type Checkpoint, openCheckpoint } from '../../src/model/checkpoint.ts';
import type { LoraAdapter } from '../../src/model/lora/adapter.ts';
import { openAdapters, withAdapters } from '../../src/model/lora/with-adapters.ts';
import { resolveModel } from '../../src/model/source.ts';
import { rejection } from '../model/hub-setup.ts';
import { type FakeTensor, safetensorsFile, withHeader } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';
import { TINY_CONFIG, tinyModel, writeFiles } from '../model/tiny-model.ts';

const PREFIX = 'base_model.model.';
const RANK = 2;
const CONFIG = {
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: 'somebody/tiny',
  r: RANK,
  lora_alpha: 4,
  target_modules: ['q_proj', 'down_proj'],
  bias: 'none',
  modules_to_save: null,
  fan_in_fan_out: false,
  megatron_core: 'megatron.core',
  loftq_config: {},
};

/** The shapes of TINY_CONFIG. */
const SIZES: Readonly<Record<string, readonly [outputs: number, inputs: number]>> = {
  'self_attn.q_proj': [24, 8],
  'mlp.down_proj': [8, 10],
};

function lowRank(
  module: string,
  [outputs, inputs]: readonly [number, number],
  rank = RANK,
): Record<string, FakeTensor> {
  return {
    [`${PREFIX}${module}.lora_A.weight`]: { dtype: 'F32', shape: [rank, inputs] },
    [`${PREFIX}${module}.lora_B.weight`]: { dtype: 'F32', shape: [outputs, rank] },
  };
}

const TENSORS: Readonly<Record<string, FakeTensor>> = Object.assign(
  {},
  ...[0, 1].flatMap((layer) =>
    Object.entries(SIZES).map(([part, size]) => lowRank(`model.layers.${layer}.${part}`, size)),
  ),
);
const Q0 = `${PREFIX}model.layers.0.self_attn.q_proj.lora_A.weight`;

async function base(config: object = TINY_CONFIG): Promise<Checkpoint> {
  const folder = await scratch();
  await writeFiles(folder, tinyModel(config));
  return openCheckpoint(await resolveModel(folder));
}

type Tensors = Readonly<Record<string, FakeTensor>>;

async function adapter(config: unknown, tensors: Tensors | Buffer = TENSORS): Promise<string> {
  const folder = await scratch();
  await writeFiles(folder, {
    'adapter_config.json': typeof config === 'string' ? config : JSON.stringify(config),
    'adapter_model.safetensors': Buffer.isBuffer(tensors) ? tensors : safetensorsFile(tensors),
  });
  return folder;
}

const adapted = async (checkpoint: Checkpoint, list: readonly LoraAdapter[]) =>
  withAdapters(checkpoint, await openAdapters(list));

const merge = async (config: unknown, tensors: Tensors | Buffer = TENSORS, of?: object) =>
  adapted(await base(of), [{ path: await adapter(config, tensors) }]);

const without = (name: string) => Object.fromEntries(Object.entries(TENSORS).filter(([key]) => key !== name));
const untied = { ...TINY_CONFIG, tie_word_embeddings: false };
const classifier = { ...TINY_CONFIG, architectures: ['Qwen3ForSequenceClassification'] };

it('an adapter that fits is taken: the base of all the refusals here', async () => {
  const { adapters } = await merge(CONFIG);
  expect([...(adapters[0]?.updates.keys() ?? [])]).toHaveLength(4);
  expect(adapters[0]?.updates.get('model.layers.1.mlp.down_proj.weight')).toMatchObject({ scaling: 2 });
});

describe('settings that change what weights mean are refused by name', () => {
  it.each<[string, unknown, RegExp]>([
    ['peft_type', 'LOHA', /peft_type is "LOHA"; only "LORA"/],
    ['peft_type', undefined, /peft_type is undefined/],
    ['bias', 'all', /bias is "all"; only "none"/],
    ['bias', 'lora_only', /bias is "lora_only"/],
    ['fan_in_fan_out', true, /fan_in_fan_out is true/],
    ['use_dora', true, /use_dora is true/],
    ['lora_bias', true, /lora_bias is true/],
    ['use_qalora', true, /use_qalora is true/],
    ['layer_replication', [[0, 2]], /layer_replication is an array/],
    ['trainable_token_indices', [1, 2], /trainable_token_indices/],
    ['target_parameters', ['x'], /target_parameters/],
    ['alora_invocation_tokens', [5], /alora_invocation_tokens/],
    ['megatron_config', { a: 1 }, /megatron_config/],
    ['loftq_config', { loftq_bits: 4 }, /loftq_config/],
    ['use_something_new', 'yes', /use_something_new is "yes", which is not supported: merge/],
    ['init_lora_weights', 'pissa', /init_lora_weights is "pissa", which changes the base/],
    ['init_lora_weights', 'olora', /init_lora_weights is "olora"/],
    ['init_lora_weights', 'loftq', /init_lora_weights is "loftq"/],
    ['target_modules', '.*(?=q_proj)q_proj', /target_modules is .* not understood .*list the modules/],
    ['target_modules', '(q)\\1', /target_modules is .* not understood/],
    ['target_modules', 'a'.repeat(20_000), /pattern of 20000 characters/],
  ])('%s: %j', async (key, value, message) => {
    expect(await rejection(merge({ ...CONFIG, [key]: value }))).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  it('unless they say nothing', async () => {
    const plain = {
      use_dora: false,
      lora_bias: null,
      layer_replication: [],
      loftq_config: {},
      init_lora_weights: 'eva',
    };
    await expect(merge({ ...CONFIG, ...plain, use_something_new: false, peft_version: '9.9' })).resolves.toBeDefined();
  });
});

describe('values that make no sense are refused', () => {
  it.each<[string, unknown]>([
    ['r', 0],
    ['r', 2.5],
    ['r', '2'],
    ['r', 1e9],
    ['lora_alpha', 'much'],
    ['rank_pattern', [1]],
    ['rank_pattern', { q_proj: -1 }],
    ['alpha_pattern', { q_proj: '8' }],
    ['use_rslora', 'yes'],
    ['target_modules', 5],
    ['target_modules', ['q_proj', 5]],
    ['exclude_modules', { q_proj: true }],
    ['modules_to_save', 'score'],
    ['modules_to_save', ['sc.*']],
    ['layers_to_transform', ['0']],
  ])('%s: %j', async (key, value) => {
    const error = await rejection(merge({ ...CONFIG, [key]: value }));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(key) });
  });

  it.each(['', 'null', '[]', '{', '"LORA"'])('a config that is %j', async (text) => {
    expect(await rejection(merge(text))).toMatchObject({ code: 'MODEL_INVALID' });
  });
});

describe('an adapter that does not fit the base is refused', () => {
  it.each<[string, Tensors, object | undefined, string, RegExp]>([
    [
      'a tensor is missing',
      without(Q0),
      undefined,
      'MODEL_INVALID',
      /expected ".*layers\.0.*lora_A.weight" of shape \[2, 8\], found none/,
    ],
    ['all are missing', {}, undefined, 'MODEL_INVALID', /found none/],
    [
      'another hidden size',
      { ...TENSORS, [Q0]: { dtype: 'F32', shape: [RANK, 16] } },
      undefined,
      'MODEL_INVALID',
      /of shape \[2, 8\], found \[2, 16\].*trained on "somebody\/tiny"/,
    ],
    [
      'another rank',
      { ...TENSORS, [Q0]: { dtype: 'F32', shape: [4, 8] } },
      undefined,
      'MODEL_INVALID',
      /found \[4, 8\]/,
    ],
    ['no matrix', { ...TENSORS, [Q0]: { dtype: 'F32', shape: [16] } }, undefined, 'MODEL_INVALID', /found \[16\]/],
    [
      'a type that is no float',
      { ...TENSORS, [Q0]: { dtype: 'I8', shape: [2, 8] } },
      undefined,
      'MODEL_UNSUPPORTED',
      /type I8/,
    ],
    [
      'more layers',
      { ...TENSORS, ...lowRank('model.layers.2.mlp.down_proj', [8, 10]) },
      undefined,
      'MODEL_INVALID',
      /is of layer 2; the model has 2 layers/,
    ],
    ['fewer layers', TENSORS, { ...TINY_CONFIG, num_hidden_layers: 3 }, 'MODEL_INVALID', /layers\.2.* found none/],
    [
      'a module that is not targeted',
      { ...TENSORS, ...lowRank('model.layers.0.self_attn.v_proj', [12, 8]) },
      undefined,
      'MODEL_INVALID',
      /v_proj.* is not one that its config calls for/,
    ],
    [
      'low rank for the head',
      { ...TENSORS, ...lowRank('lm_head', [11, 8]) },
      untied,
      'MODEL_UNSUPPORTED',
      /changes "lm_head"; only matrices of attention and MLP/,
    ],
    [
      'low rank for the embedding',
      { ...TENSORS, [`${PREFIX}model.embed_tokens.lora_embedding_A`]: { shape: [2, 11] } },
      undefined,
      'MODEL_UNSUPPORTED',
      /changes "model.embed_tokens"/,
    ],
    [
      'a magnitude of DoRA',
      { ...TENSORS, [Q0.replace('lora_A.weight', 'lora_magnitude_vector')]: { shape: [24] } },
      undefined,
      'MODEL_UNSUPPORTED',
      /DoRA/,
    ],
    [
      'a bias',
      { ...TENSORS, [Q0.replace('lora_A.weight', 'lora_B.bias')]: { shape: [24] } },
      undefined,
      'MODEL_UNSUPPORTED',
      /is a bias/,
    ],
    [
      'a head that the config does not name',
      { ...TENSORS, [`${PREFIX}score.weight`]: { shape: [1, 8] } },
      classifier,
      'MODEL_INVALID',
      /score head, but its config/,
    ],
    [
      'an embedding saved though it is the head too',
      { ...TENSORS, [`${PREFIX}model.embed_tokens.weight`]: { shape: [11, 8] } },
      undefined,
      'MODEL_UNSUPPORTED',
      /embedding and head at once/,
    ],
    ['anything else', { ...TENSORS, stowaway: { shape: [1] } }, undefined, 'MODEL_INVALID', /"stowaway" is not one/],
    [
      'names of a bare backbone',
      Object.fromEntries(
        Object.entries(TENSORS).map(([name, tensor]) => [name.replace('model.model.', 'model.'), tensor]),
      ),
      undefined,
      'MODEL_INVALID',
      /bare backbone/,
    ],
  ])('%s', async (_, tensors, of, code, message) => {
    expect(await rejection(merge(CONFIG, tensors, of))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('a head with two labels', async () => {
    const tensors = { ...TENSORS, [`${PREFIX}score.weight`]: { shape: [2, 8] } };
    const config = { ...CONFIG, modules_to_save: ['classifier', 'score'] };
    const expected = {
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/score.weight" of shape \[1, 8\], found \[2, 8\]/),
    };
    expect(await rejection(merge(config, tensors, classifier))).toMatchObject(expected);
    expect(await rejection(merge(config, tensors))).toMatchObject(expected);
  });

  it('targets that the model has none of', async () => {
    const error = await rejection(merge({ ...CONFIG, target_modules: ['query_key_value'] }, {}));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('changes nothing') });
  });
});

describe('damaged files are refused', () => {
  const sound = safetensorsFile(TENSORS);
  it.each<[string, Buffer]>([
    ['cut short', sound.subarray(0, sound.length - 1)],
    ['cut in the header', sound.subarray(0, 100)],
    ['empty', Buffer.alloc(0)],
    ['longer', Buffer.concat([sound, Buffer.alloc(4)])],
    ['no safetensors', Buffer.from('PK\u0003\u0004 a pickle in a zip')],
    [
      'a tensor twice',
      withHeader(
        `{"${Q0}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"${Q0}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`,
        Buffer.alloc(0),
      ),
    ],
  ])('%s', async (_, file) => {
    expect(await rejection(merge(CONFIG, file))).toMatchObject({ code: 'MODEL_INVALID' });
  });

  it('whatever bytes are changed, the answer is an adapter or a named error', async () => {
    const checkpoint = await base();
    const path = await adapter(CONFIG);
    const config = JSON.stringify(CONFIG);
    const place = fc.record({ at: fc.nat(), byte: fc.nat(255), inConfig: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 4 }), async (changes) => {
        const [text, weights] = [Buffer.from(config), Buffer.from(sound)];
        for (const { at, byte, inConfig } of changes) {
          if (inConfig) text[at % text.length] = byte;
          else weights[at % Math.min(weights.length, 1200)] = byte;
        }
        await writeFile(join(path, 'adapter_config.json'), text);
        await writeFile(join(path, 'adapter_model.safetensors'), weights);
        await adapted(checkpoint, [{ path }]).catch((error: unknown) => {
          if (!RerankitError.isInstance(error)) throw error;
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('folders that are no adapter', () => {
  it('are found out before a model is fetched', async () => {
    const fetch = vi.fn(() => Promise.reject(new Error('no network here')));
    const options = { adapters: [{ path: await scratch() }], cacheDir: await scratch(), fetch };
    const expected = { code: 'MODEL_NOT_FOUND', message: expect.stringContaining('no adapter_config.json') };
    expect(await rejection(load('somebody/a-model', options))).toMatchObject(expected);
    expect(await rejection(compile('somebody/a-model', join(options.cacheDir, 'x'), options))).toMatchObject(expected);
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['is empty', {}, /no adapter_config.json.*save_pretrained/],
    ['is a model', { 'config.json': '{}' }, /whole model/],
    ['has pickles', { 'adapter_config.json': '{}', 'adapter_model.bin': '' }, /no adapter_model.safetensors.*pickle/],
  ])('one that %s', async (_, files, message) => {
    const path = await scratch();
    await writeFiles(path, files);
    const error = await rejection(adapted(await base(), [{ path }]));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringMatching(message) });
  });

  it('one that is not there', async () => {
    const error = await rejection(adapted(await base(), [{ path: 'owner/name' }]));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('on this machine') });
  });
});

describe('several adapters', () => {
  const HEAD = { ...TENSORS, [`${PREFIX}score.weight`]: { shape: [1, 8] } };
  const SAVED = { ...CONFIG, modules_to_save: ['score'] };

  it('add up, in the order given', async () => {
    const [one, two] = [await adapter(CONFIG), await adapter({ ...CONFIG, lora_alpha: 1 })];
    const list = [{ path: one, scale: 0.5 }, { path: two }];
    const { adapters } = await adapted(await base(), list);
    const scalings = adapters.map(({ updates }) => updates.get('model.layers.0.mlp.down_proj.weight')?.scaling);
    expect(scalings).toEqual([1, 0.5]);
  });

  it('do not replace the same tensor', async () => {
    const list = [{ path: await adapter(SAVED, HEAD) }, { path: await adapter(SAVED, HEAD) }];
    const error = await rejection(adapted(await base(classifier), list));
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/cannot go together.*score\.weight/),
    });
  });

  it('may be for different parts', async () => {
    const list = [{ path: await adapter(SAVED, HEAD) }, { path: await adapter(CONFIG) }];
    const { adapters, headTensor, config } = await adapted(await base(), list);
    expect([adapters.length, headTensor, config.head]).toEqual([2, 'score.weight', 'sequence-classification']);
  });
});

it('a base of another name than the Hub’s is a warning', async () => {
  const checkpoint = await base();
  const files = { ...checkpoint.files, kind: 'hub', id: 'Somebody/Tiny' } as const;
  const path = await adapter(CONFIG);
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await adapted({ ...checkpoint, files }, [{ path }]);
  expect(warn).not.toHaveBeenCalled();
  await adapted({ ...checkpoint, files: { ...files, id: 'somebody/other' } }, [{ path }]);
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/trained on "somebody\/tiny".*into "somebody\/other"/), {
    type: 'RerankitWarning',
  });
  warn.mockRestore();
});
