import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { OnnxWish } from '../../src/model/onnx/onnx-file.ts';
import { rejection, useHub } from './hub-setup.ts';

const AUTO: OnnxWish = { file: undefined, dtype: 'auto' };
const CROSS_ENCODER = JSON.stringify({ model_type: 'bert', architectures: ['BertForSequenceClassification'] });
const EXPORTS = ['model.onnx', 'model_quantized.onnx', 'model_fp16.onnx', 'model.onnx_data', 'model_fp16.onnx_data'];

const state = useHub();

/** A repository of exports, without safetensors or with. */
function publish(config: string, safetensors: boolean): void {
  const { hub } = state;
  if (!safetensors) hub.files.delete('model.safetensors');
  hub.add('config.json', config);
  for (const name of EXPORTS) hub.add(`onnx/${name}`, `content of ${name}`, true);
}

function fetched(): string[] {
  return [...state.hub.files.keys()].filter(
    (name) => /onnx|safetensors$/.test(name) && state.hub.fetches(name).length > 0,
  );
}

describe('exports in a repository', () => {
  it('only the one that is used is fetched, with the file of its weights', async () => {
    publish(CROSS_ENCODER, false);
    const files = await state.load({ onnx: AUTO });
    expect(files.onnx?.name).toBe('onnx/model.onnx');
    expect(await readFile(files.onnx?.path ?? '', 'utf8')).toBe('content of model.onnx');
    expect(fetched()).toEqual(['onnx/model.onnx', 'onnx/model.onnx_data']);
  });

  it('the type chooses, and so does the name', async () => {
    publish(CROSS_ENCODER, false);
    expect((await state.load({ onnx: { file: undefined, dtype: 'int8' } })).onnx?.name).toBe(
      'onnx/model_quantized.onnx',
    );
    const named = await state.load({ onnx: { file: 'onnx/model_fp16.onnx', dtype: 'auto' } });
    expect(named.onnx?.name).toBe('onnx/model_fp16.onnx');
    expect(fetched()).toEqual(['onnx/model_quantized.onnx', 'onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data']);
  });

  it('a second load fetches nothing, with the Hub and without', async () => {
    publish(CROSS_ENCODER, false);
    await state.load({ onnx: AUTO });
    const before = fetched().map((name) => state.hub.fetches(name).length);
    expect((await state.load({ onnx: AUTO })).onnx?.name).toBe('onnx/model.onnx');
    expect((await state.load({ onnx: AUTO, offline: true })).onnx?.name).toBe('onnx/model.onnx');
    expect(fetched().map((name) => state.hub.fetches(name).length)).toEqual(before);
  });

  it('an export beside the safetensors of a cross-encoder is fetched, and they are not', async () => {
    publish(CROSS_ENCODER, true);
    expect((await state.load({ onnx: AUTO })).onnx?.name).toBe('onnx/model.onnx');
    expect(fetched()).not.toContain('model.safetensors');
  });

  it('the safetensors of a Qwen3 model go before its exports', async () => {
    publish(state.hub.files.get('config.json')?.content.toString() ?? '', true);
    const files = await state.load({ onnx: AUTO });
    expect(files.onnx).toBeUndefined();
    expect(fetched()).toEqual(['model.safetensors']);
    const named = await state.load({ onnx: { file: 'onnx/model.onnx', dtype: 'auto' } });
    expect(named.onnx?.name).toBe('onnx/model.onnx');
    // What is cached decides nothing.
    expect((await state.load({ onnx: AUTO })).onnx).toBeUndefined();
  });

  it('of a Qwen3 model without safetensors the export is loaded, also offline', async () => {
    publish(state.hub.files.get('config.json')?.content.toString() ?? '', false);
    expect((await state.load({ onnx: AUTO })).onnx?.name).toBe('onnx/model.onnx');
    expect((await state.load({ onnx: AUTO, offline: true })).onnx?.name).toBe('onnx/model.onnx');
    expect((await state.load({ onnx: AUTO })).onnx?.name).toBe('onnx/model.onnx');
  });

  it('what is not there is an error that lists what is', async () => {
    publish(CROSS_ENCODER, false);
    const error = await rejection(state.load({ onnx: { file: undefined, dtype: 'int4' } }));
    expect(error.code).toBe('MODEL_NOT_FOUND');
    expect(error.message).toContain('onnx/model.onnx, onnx/model_fp16.onnx, onnx/model_quantized.onnx');
    expect(fetched()).toEqual([]);
  });

  it('whoever wants safetensors gets no export', async () => {
    publish(CROSS_ENCODER, false);
    expect((await rejection(state.load())).message).toMatch(/model\.safetensors/);
  });
});
