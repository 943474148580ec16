import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { feedsOf } from '../../src/engine/onnx-export/feeds.ts';
import { readInputs } from '../../src/engine/onnx-export/graph-inputs.ts';
import { chooseOutput } from '../../src/engine/onnx-export/graph-output.ts';
import { layoutOf } from '../../src/engine/onnx-export/read-logits.ts';

function value(name: string, type: Tensor.Type = 'int64', shape: (string | number)[] = ['batch', 'length']) {
  return { name, type, shape, isTensor: true } satisfies InferenceSession.ValueMetadata;
}

const IDS = value('input_ids');
const NO_CACHE = { kvHeads: undefined, headDim: undefined };
const MODEL = { padId: 9, types: { prefix: 0, row: 1 }, firstPosition: 0 };

describe('inputs of a graph', () => {
  it('are filled as their names say, in the type they have', () => {
    const inputs = readInputs(
      [
        IDS,
        value('attention_mask', 'int32'),
        value('token_type_ids'),
        value('position_ids'),
        value('use_cache_branch', 'bool', [1]),
        value('num_logits_to_keep', 'int64', []),
        value('past_key_values.0.key', 'float32', ['batch', 2, 'past', 8]),
      ],
      NO_CACHE,
    );
    const rows = [
      { prefix: Int32Array.of(1, 2), tokens: Int32Array.of(3, 4) },
      { prefix: Int32Array.of(1, 2), tokens: Int32Array.of(5) },
    ];
    const left = feedsOf(inputs, { rows, width: 4, padding: 'left' }, MODEL);
    const numbers = (name: string) => Array.from(left[name]?.data as BigInt64Array | Int32Array, Number);
    expect(numbers('input_ids')).toEqual([1, 2, 3, 4, 9, 1, 2, 5]);
    expect(left['attention_mask']?.type).toBe('int32');
    expect(numbers('attention_mask')).toEqual([1, 1, 1, 1, 0, 1, 1, 1]);
    expect(numbers('token_type_ids')).toEqual([0, 0, 1, 1, 0, 0, 0, 1]);
    expect(numbers('position_ids')).toEqual([0, 1, 2, 3, 0, 0, 1, 2]);
    expect(left['past_key_values.0.key']?.dims).toEqual([2, 2, 0, 8]);
    expect(numbers('num_logits_to_keep')).toEqual([1]);
    const right = feedsOf(inputs, { rows, width: 4, padding: 'right' }, { ...MODEL, firstPosition: 2 });
    expect(Array.from(right['input_ids']?.data as BigInt64Array, Number)).toEqual([1, 2, 3, 4, 1, 2, 5, 9]);
    expect(Array.from(right['position_ids']?.data as BigInt64Array, Number)).toEqual([2, 3, 4, 5, 2, 3, 4, 1]);
  });

  it.each([
    [value('pixel_values', 'float32'), /"pixel_values"/],
    [value('attention_mask', 'float32'), /"attention_mask" has the type "float32"/],
    [value('past_key_values.0.key', 'float32', ['batch', 'heads', 'past', 'size']), /no cache of shape/],
    [value('past_key_values.0.key', 'int64', ['batch', 2, 'past', 8]), /type/],
  ])('that nobody can fill are refused by name: %j', (extra, message) => {
    expect(() => readInputs([IDS, extra], NO_CACHE)).toThrowError(message);
  });

  it('must have ids, of any length', () => {
    expect(() => readInputs([value('attention_mask')], NO_CACHE)).toThrowError(/input_ids/);
    expect(() => readInputs([value('input_ids', 'int64', ['batch', 128])], NO_CACHE)).toThrowError(/128 tokens only/);
  });

  it('take the shape of a cache from the config where they do not say it', () => {
    const inputs = readInputs([IDS, value('past_key_values.0.value', 'float16', ['b', 'h', 'p', 'd'])], {
      kvHeads: 8,
      headDim: 128,
    });
    expect(inputs[1]?.shape).toEqual([-1, 8, 0, 128]);
  });
});

describe('the output', () => {
  it('is that named logits, or the only one beside caches', () => {
    expect(chooseOutput([value('x'), value('logits')])).toBe('logits');
    expect(chooseOutput([value('scores'), value('present.0.key')])).toBe('scores');
    expect(() => chooseOutput([value('a'), value('b')])).toThrowError(/a, b/);
  });

  it.each([
    [[1], 'labels'],
    [[1, 1], 'labels'],
    [[1, 2], 'labels'],
    [[1, 7, 100], 'all'],
    [[1, 1, 100], 'last'],
    [[1, 100], 'last'],
  ])('of shape %j is understood: %s', (dims, what) => {
    const layout = layoutOf(dims, 7, { yesId: 50, noId: 60 });
    expect(layout.kind === 'labels' ? 'labels' : layout.positions).toBe(what);
  });

  it.each([[[1, 3]], [[1, 7, 100]], [[1, 1, 1, 1]]])('of shape %j is refused for a classifier', (dims) => {
    expect(() => layoutOf(dims, 7, undefined)).toThrowError(/expected \[batch, 1\] or \[batch, 2\]/);
  });

  it('must have the answers', () => {
    expect(() => layoutOf([1, 7, 50], 7, { yesId: 50, noId: 60 })).toThrowError(/shape \[1, 7, 50\]/);
  });
});
