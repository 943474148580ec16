import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWeights } from '../../src/compile/compile-weights.ts';
import { halfRows } from '../../src/compile/half-rows.ts';
import { readInt4, readInt8 } from '../../src/compile/read-matrix.ts';
import { MemorySink } from '../../src/compile/weight-sink.ts';
import { type WeightSource, weightRows } from '../../src/compile/weight-source.ts';
import { parseConfig } from '../../src/model/config.ts';
import { readFloats } from '../../src/model/float-rows.ts';
import type { Adapter } from '../../src/model/lora/adapter.ts';
import { networkTensors } from '../../src/model/network-tensors.ts';
import { readSafetensors, type TensorLocation, type TensorMap } from '../../src/model/safetensors.ts';
import { rejection } from '../model/hub-setup.ts';
import { type FakeTensor, safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';
import { TINY_CONFIG, tinyTensors } from '../model/tiny-model.ts';

const NAME = 'model.layers.0.self_attn.q_proj.weight';
const OTHER = 'model.layers.0.self_attn.k_proj.weight';

function random(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const floats = (shape: readonly number[], values: Float32Array): FakeTensor => ({
  dtype: 'F32',
  shape,
  data: new Uint8Array(values.buffer),
});

async function stored(tensors: Readonly<Record<string, FakeTensor>>): Promise<TensorMap> {
  const path = join(await scratch(), 'x.safetensors');
  await writeFile(path, safetensorsFile(tensors));
  return readSafetensors(path);
}

function get(tensors: TensorMap, name: string): TensorLocation {
  const location = tensors.get(name);
  if (location === undefined) throw new Error(`no ${name}`);
  return location;
}

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly ranks: readonly number[];
  readonly scaling: number;
}

/** A matrix with adapters of some ranks, and the same matrix merged in the plainest way. */
async function merged({ rows, columns, ranks, scaling }: Case, base = random(rows * columns, 1)) {
  const plain = Float64Array.from(base);
  const adapters: Adapter[] = [];
  for (const [index, rank] of ranks.entries()) {
    const [down, up] = [random(rank * columns, 2 + index), random(rows * rank, 20 + index)];
    const tensors = await stored({ a: floats([rank, columns], down), b: floats([rows, rank], up) });
    const updates = new Map([[NAME, { down: get(tensors, 'a'), up: get(tensors, 'b'), scaling }]]);
    adapters.push({ path: '', scale: 1, file: '', updates, replaced: new Map() });
    for (let at = 0; at < plain.length; at++) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += (up[row * rank + r] ?? 0) * (down[r * columns + column] ?? 0);
      plain[at] = (plain[at] ?? 0) + scaling * sum;
    }
  }
  const tensors = await stored({ [NAME]: floats([rows, columns], base), [OTHER]: floats([rows, columns], base) });
  return { plain: Float32Array.from(plain), source: { tensors, adapters } satisfies WeightSource };
}

async function read(source: WeightSource, name = NAME): Promise<Float32Array> {
  const location = get(source.tensors, name);
  const [rows = 0, columns = 0] = location.shape;
  const all = new Float32Array(rows * columns);
  for await (const { first, values } of weightRows(location, source)) all.set(values, first * columns);
  return all;
}

function expectNear(found: Float32Array, expected: Float32Array): void {
  expect(found).toHaveLength(expected.length);
  const wrong = found.findIndex(
    (value, at) => !(Math.abs(value - (expected[at] ?? Number.NaN)) < 2e-6 * (1 + Math.abs(value))),
  );
  expect(wrong).toBe(-1);
}

describe('weights with adapters', () => {
  it('are the matrix and the products, for all shapes and ranks', async () => {
    const one = fc.record({
      rows: fc.integer({ min: 1, max: 12 }),
      columns: fc.integer({ min: 1, max: 12 }),
      ranks: fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 3 }),
      scaling: fc.constantFrom(1, -0.5, 2, 0),
    });
    await fc.assert(
      fc.asyncProperty(one, async (of) => {
        const { plain, source } = await merged(of);
        expectNear(await read(source), plain);
        expect(await read(source, OTHER)).toEqual(await readFloats(get(source.tensors, OTHER)));
      }),
      { numRuns: 40 },
    );
  });

  it('are merged in pieces too', async () => {
    const { plain, source } = await merged({ rows: 700, columns: 3100, ranks: [5], scaling: 0.25 });
    expectNear(await read(source), plain);
  });

  it('whose scaling leads beyond float32 are an error, and so are factors that are no numbers', async () => {
    const { source } = await merged({ rows: 3, columns: 3, ranks: [1], scaling: 1e300 });
    expect(await rejection(read(source))).toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(NAME),
    });
    const broken = await merged({ rows: 3, columns: 3, ranks: [1], scaling: 1 });
    const factors = await stored({ a: floats([1, 3], Float32Array.of(0, Number.NaN, 0)) });
    const [adapter] = broken.source.adapters;
    const update = adapter?.updates.get(NAME);
    if (adapter === undefined || update === undefined) throw new Error('no adapter');
    const updates = new Map([[NAME, { ...update, down: get(factors, 'a') }]]);
    const error = await rejection(read({ ...broken.source, adapters: [{ ...adapter, updates }] }));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/"a".*damaged/) });
  });
});

describe('other forms are those of the merged matrix', () => {
  const of: Case = { rows: 40, columns: 64, ranks: [3, 2], scaling: 0.5 };

  it('in 8 bits, in 4, and in 16', async () => {
    const { source } = await merged(of);
    const whole = {
      tensors: await stored({ [NAME]: floats([of.rows, of.columns], await read(source)) }),
      adapters: [],
    };
    const location = get(source.tensors, NAME);
    const wholeLocation = get(whole.tensors, NAME);
    expect(await readInt8(location, source, 8)).toEqual(await readInt8(wholeLocation, whole, 8));
    expect(await readInt4(location, source)).toEqual(await readInt4(wholeLocation, whole));
    for (const type of ['bf16', 'fp16'] as const) {
      const bytes = async (pieces: AsyncIterable<Uint8Array>) => {
        const all: Uint8Array[] = [];
        for await (const piece of pieces) all.push(piece.slice());
        return Buffer.concat(all);
      };
      expect(await bytes(halfRows(location, source, type))).toEqual(await bytes(halfRows(wholeLocation, whole, type)));
    }
  });

  it('also where the base is stored in 8 bits', async () => {
    const { source } = await merged(of);
    const scales = random(of.rows, 7).map(Math.abs);
    const data = Uint8Array.from({ length: of.rows * of.columns }, (_, at) => (at * 37) & 255);
    const tensors = await stored({
      [NAME]: { dtype: 'I8', shape: [of.rows, of.columns], data },
      [`${NAME}_scale`]: floats([of.rows, 1], scales),
    });
    const base = Float32Array.from(
      new Int8Array(data.buffer),
      (value, at) => value * (scales[Math.floor(at / of.columns)] ?? 0),
    );
    const { plain } = await merged(of, base);
    expectNear(await read({ ...source, tensors }), plain);
    // Not what is stored.
    const { values } = await readInt8(get(tensors, NAME), { ...source, tensors }, 8);
    expect(Buffer.from(values.buffer)).not.toEqual(Buffer.from(data));
  });

  it('in float32 only what changed is written anew', async () => {
    const tensors = await stored(tinyTensors());
    const config = parseConfig({ ...TINY_CONFIG });
    const factors = await stored({
      a: floats([1, 8], random(8, 1)),
      b: floats([24, 1], random(24, 2)),
    });
    const updates = new Map([[NAME, { down: get(factors, 'a'), up: get(factors, 'b'), scaling: 1 }]]);
    const adapters = [{ path: '', scale: 1, file: '', updates, replaced: new Map() }];
    const sink = new MemorySink();
    const form = { form: 'fp32' } as const;
    const { tensors: kept, matrices } = await compileWeights({
      config,
      tensors,
      adapters,
      form,
      sink,
      onProgress() {},
    });
    expect(matrices).toBeUndefined();
    expect([...kept.keys()]).toEqual([...networkTensors(config).keys()]);
    expect([...kept.values()].filter(({ dtype }) => dtype === 'F32').map(({ name }) => name)).toEqual([NAME]);
    expect(sink.files.get(get(kept, NAME).file)?.byteLength).toBe(4 * 24 * 8);
  });
});
