import { describe, expect, test } from 'vitest';
import { ElementType, encodeModel, type Tensor } from '../../src/graph/onnx-proto.ts';
import { readExternalData } from '../../src/graph/onnx-read.ts';

const encode = (initializers: readonly Tensor[]) =>
  encodeModel({
    graph: {
      name: 'graph',
      nodes: [
        {
          op: 'Add',
          domain: '',
          name: 'add',
          inputs: ['x', 'a'],
          outputs: ['y'],
          attributes: { to: { kind: 'int', value: 1 } },
        },
      ],
      initializers,
      inputs: [{ name: 'x', type: ElementType.FLOAT, shape: ['rows', 2] }],
      outputs: [{ name: 'y', type: ElementType.FLOAT, shape: ['rows', 2] }],
      values: [],
    },
    opsets: { '': 24, 'com.microsoft': 1 },
  });

describe('readExternalData', () => {
  test('reads back what encodeModel wrote', () => {
    const tensor = (name: string, data: Tensor['data']): Tensor => ({
      name,
      type: ElementType.INT8,
      shape: [2, 3],
      data,
    });
    const model = encode([
      tensor('inside', Uint8Array.of(1, 2, 3, 4, 5, 6)),
      tensor('a', { file: 'weights.bin', offset: 4096, byteLength: 6 }),
      tensor('größer', { file: 'más.bin', offset: 2 ** 40, byteLength: 6, prepacked: 'MatMul+1|8192;64;0|12288;8;0' }),
    ]);
    const found = readExternalData(model);
    expect([...found.keys()].sort()).toEqual(['a', 'größer', 'inside']);
    expect(found.get('inside')?.size).toBe(0);
    expect(Object.fromEntries(found.get('a') ?? [])).toEqual({ location: 'weights.bin', offset: '4096', length: '6' });
    expect(Object.fromEntries(found.get('größer') ?? [])).toEqual({
      location: 'más.bin',
      offset: String(2 ** 40),
      length: '6',
      prepacked_0: 'MatMul+1|8192;64;0|12288;8;0',
    });
  });

  test('finds none where there is none, and throws for what was cut off', () => {
    expect(readExternalData(encode([])).size).toBe(0);
    expect(readExternalData(new Uint8Array()).size).toBe(0);
    const model = encode([
      { name: 'a', type: ElementType.INT8, shape: [1], data: { file: 'weights.bin', offset: 0, byteLength: 1 } },
    ]);
    expect(() => readExternalData(model.subarray(0, model.length - 20))).toThrow();
  });
});
