import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../src/compile/pieces.ts';
import { readMatrix } from '../../src/compile/read-matrix.ts';
import { tensorBytes } from '../../src/compile/tensor-bytes.ts';
import { MemorySink } from '../../src/compile/weight-sink.ts';
import { ElementType } from '../../src/graph/onnx-proto.ts';
import { floatRows, readFloats } from '../../src/model/float-rows.ts';
import { readSafetensors, type TensorLocation, type TensorMap } from '../../src/model/safetensors.ts';
import { readTensorRows } from '../../src/model/tensor-rows.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';

const NAME = 'model.layers.0.mlp.gate_proj.weight';
const DOWN = 'model.layers.0.mlp.down_proj.weight';
const WIDTH = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const;
type Stored = keyof typeof WIDTH;
const STORED = ['F32', 'F16', 'BF16', 'I8'] as const;

/** Bytes that are finite values in every type. */
function patterns(length: number, dtype: Stored, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length * WIDTH[dtype]);
  let state = seed;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
    // Exponents around one: not all bits of the highest byte.
    if (dtype !== 'I8' && at % WIDTH[dtype] === WIDTH[dtype] - 1) bytes[at] = ((bytes[at] ?? 0) & 0x81) | 0x3c;
  }
  return bytes;
}

async function store(tensors: Parameters<typeof safetensorsFile>[0]): Promise<{ path: string; tensors: TensorMap }> {
  const path = join(await scratch(), 'model.safetensors');
  await writeFile(path, safetensorsFile(tensors));
  return { path, tensors: await readSafetensors(path) };
}

function get(tensors: TensorMap, name: string): TensorLocation {
  const location = tensors.get(name);
  if (location === undefined) throw new Error(`no ${name}`);
  return location;
}

async function rowsOf(location: TensorLocation, scales?: Float32Array): Promise<Float32Array> {
  const [count = 0, columns = 0] = location.shape;
  const all = new Float32Array(count * columns).fill(Number.NaN);
  let next = 0;
  for await (const { first, count: rows, values } of floatRows(location, scales)) {
    expect(first).toBe(next);
    expect(values).toHaveLength(rows * columns);
    all.set(values, first * columns);
    next += rows;
  }
  expect(next).toBe(count);
  return all;
}

describe('floatRows', () => {
  it.each(STORED)('reads %s as readTensorRows does, over several pieces', async (dtype) => {
    // More than a million elements, in rows that do not divide a piece.
    const [rows, columns] = [1100, 1003];
    const { tensors } = await store({
      [NAME]: { dtype, shape: [rows, columns], data: patterns(rows * columns, dtype) },
    });
    const location = get(tensors, NAME);
    const all = await rowsOf(location);
    const some = [0, 1, 500, 1043, 1044, 1045, 1046, rows - 1];
    const expected = await readTensorRows(location, some);
    for (const [place, row] of some.entries()) {
      const found = Buffer.from(all.buffer, row * columns * 4, columns * 4);
      expect(found.equals(Buffer.from(expected.buffer, place * columns * 4, columns * 4)), `row ${row}`).toBe(true);
    }
    expect(all.some(Number.isNaN)).toBe(false);
  });

  it('multiplies each row with its scale', async () => {
    const { tensors } = await store({
      [NAME]: { dtype: 'I8', shape: [3, 2], data: Uint8Array.of(1, 255, 127, 128, 0, 5) },
    });
    const values = await rowsOf(get(tensors, NAME), Float32Array.of(0.5, 2, -1));
    expect([...values]).toEqual([0.5, -0.5, 254, -256, -0, -5]);
  });

  it('reads vectors', async () => {
    const { tensors } = await store({ norm: { dtype: 'BF16', shape: [5], data: patterns(5, 'BF16') } });
    const location = get(tensors, 'norm');
    expect(await readFloats(location)).toEqual(await readTensorRows(location, [0, 1, 2, 3, 4]));
  });

  it('refuses other types by name, and files that are gone or too short', async () => {
    const { path, tensors } = await store({ [NAME]: { dtype: 'F32', shape: [40, 30] } });
    const location = get(tensors, NAME);
    await expect(rowsOf({ ...location, dtype: 'F64' })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(/gate_proj\.weight" has type F64: only F32, BF16, F16, I8/),
    });
    const end = location.offset + location.byteLength;
    await truncate(path, end - 10);
    const truncated = {
      code: 'MODEL_INVALID',
      message: expect.stringContaining(`${path} is truncated: ${end} bytes expected, ${end - 10} found`),
    };
    await expect(rowsOf(location)).rejects.toMatchObject(truncated);
    await expect(readMatrix({ form: 'int8', bits: 8 }, location, { tensors, adapters: [] })).rejects.toMatchObject(
      truncated,
    );
    await expect(readMatrix({ form: 'int4', bits: 8 }, location, { tensors, adapters: [] })).rejects.toMatchObject(
      truncated,
    );
    await expect(new MemorySink().write(tensorBytes(location))).rejects.toMatchObject(truncated);
    const gone = { ...location, file: `${path}.gone` };
    await expect(rowsOf(gone)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining(`Cannot read ${path}.gone`),
    });
  });
});

describe('tensorBytes', () => {
  it('gives a tensor’s bytes, whatever lies around it', async () => {
    // Just over one piece of 4 MiB.
    const data = patterns(1_048_580, 'F32', 3);
    const { path, tensors } = await store({
      before: { dtype: 'F32', shape: [3] },
      it: { dtype: 'F32', shape: [1_048_580], data },
      after: { dtype: 'F32', shape: [3] },
    });
    await appendFile(path, 'more');
    const sink = new MemorySink();
    const place = await sink.write(tensorBytes(get(tensors, 'it')));
    expect(place).toEqual({ file: 'weights-0', offset: 0, byteLength: data.length });
    expect(Buffer.from(sink.files.get('weights-0') ?? []).equals(data)).toBe(true);
  });
});

describe('readMatrix', () => {
  const SHAPES = [
    [NAME, 40, 96],
    [NAME, 7, 33],
    [DOWN, 24, 160],
    [DOWN, 24, 128],
    [DOWN, 9, 90],
  ] as const;

  it.each(SHAPES)(
    'int8 of %s [%i, %i] stands for the weights, transposed, in pieces',
    async (name, outputs, inputs) => {
      for (const dtype of ['F32', 'F16', 'BF16'] as const) {
        const data = patterns(outputs * inputs, dtype);
        const { tensors } = await store({ [name]: { dtype, shape: [outputs, inputs], data } });
        const weights = await rowsOf(get(tensors, name));
        for (const bits of [7, 8] as const) {
          const { values, scales, ...sizes } = await readMatrix({ form: 'int8', bits }, get(tensors, name), {
            tensors,
            adapters: [],
          });
          expect(sizes).toEqual({ outputs, inputs });
          expect(values).toHaveLength(piecesOf(name, inputs));
          expect(scales).toMatchObject({ type: ElementType.FLOAT, shape: [outputs] });
          const steps = floats(scales.bytes);
          const integers = values.flatMap(({ type, shape, bytes }) => {
            expect(type).toBe(ElementType.INT8);
            expect(shape).toEqual([inputs / values.length, outputs]);
            return [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)];
          });
          for (const [at, weight] of weights.entries()) {
            const [output, input] = [Math.floor(at / inputs), at % inputs];
            const step = steps[output] ?? Number.NaN;
            expect(Math.abs((integers[input * outputs + output] ?? Number.NaN) * step - weight)).toBeLessThanOrEqual(
              0.50001 * step,
            );
          }
        }
      }
    },
  );

  it('takes 8-bit weights as they are stored for int8, and rounds them for 7 bits and int4', async () => {
    const [outputs, inputs] = [6, 64];
    const stored = Float32Array.from({ length: outputs }, (_, row) => 0.01 * (row + 1));
    const { tensors } = await store({
      [NAME]: { dtype: 'I8', shape: [outputs, inputs], data: patterns(outputs * inputs, 'I8') },
      [`${NAME}_scale`]: { dtype: 'F32', shape: [outputs, 1], data: new Uint8Array(stored.buffer) },
    });
    const location = get(tensors, NAME);
    const integers = await rowsOf(location);
    const weights = await rowsOf(location, stored);
    const exact = await readMatrix({ form: 'int8', bits: 8 }, location, { tensors, adapters: [] });
    expect(floats(exact.scales.bytes)).toEqual(stored);
    const found = exact.values[0]?.bytes ?? new Uint8Array();
    for (const [at, integer] of integers.entries()) {
      expect(new Int8Array(found.buffer, found.byteOffset)[(at % inputs) * outputs + Math.floor(at / inputs)]).toBe(
        integer,
      );
    }
    const seven = await readMatrix({ form: 'int8', bits: 7 }, location, { tensors, adapters: [] });
    const steps = floats(seven.scales.bytes);
    for (const row of steps.keys()) {
      const largest = Math.max(...weights.subarray(row * inputs, (row + 1) * inputs).map(Math.abs));
      expect(steps[row]).toBeCloseTo(largest / 63, 6);
    }
    const four = await readMatrix({ form: 'int4', bits: 8 }, location, { tensors, adapters: [] });
    expect(four.values).toMatchObject([{ type: ElementType.UINT8, shape: [outputs, 2, 16] }]);
    expect(four.scales).toMatchObject({ type: ElementType.FLOAT, shape: [outputs, 2] });
  });
});

describe('pieces', () => {
  it('divide the inputs of down_proj into at least 4 of 32 to 768, or there is one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (inputs) => {
        const pieces = piecesOf(DOWN, inputs);
        expect(inputs % pieces).toBe(0);
        if (pieces > 1) {
          expect(pieces).toBeGreaterThanOrEqual(4);
          expect(inputs / pieces).toBeGreaterThanOrEqual(32);
          expect(inputs / pieces).toBeLessThanOrEqual(768);
        }
        expect(piecesOf(NAME, inputs)).toBe(1);
      }),
    );
    // Of Qwen3-Reranker in its three sizes.
    expect([3072, 9728, 12_288].map((inputs) => piecesOf(DOWN, inputs))).toEqual([4, 16, 16]);
  });
});

function floats({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
