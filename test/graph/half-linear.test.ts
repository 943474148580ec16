import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { readInt4, readMatrix } from '../../src/compile/read-matrix.ts';
import { writeCheckpoint } from '../../src/compile/write-checkpoint.ts';
import { sessionOptions } from '../../src/engine/onnx/session-options.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { int4HalfLinear } from '../../src/graph/cuda/half-linear.ts';
import { HalfWeights } from '../../src/graph/cuda/half-weights.ts';
import { storedInt4 } from '../../src/graph/cuda/stored-int4.ts';
import { ElementType, encodeModel } from '../../src/graph/onnx-proto.ts';
import type { PackedMatrices } from '../../src/graph/packed-matrices.ts';
import { openCheckpoint } from '../../src/model/checkpoint.ts';
import { isLinear } from '../../src/model/network-tensors.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { resolveModel } from '../../src/model/source.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

// ONNX Runtime reports usage unless told otherwise before its first session.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
const NAME = 'model.layers.0.mlp.gate_proj.weight';

/** Runs one product in fp16, for which the CPU has a kernel, too. */
async function product(folder: string, matrices: PackedMatrices, x: Float32Array, rows: number): Promise<Float32Array> {
  const matrix = matrices.matrices.get(NAME);
  if (matrix === undefined) throw new Error('not found');
  const graph = new GraphBuilder();
  const weights = new HalfWeights(graph, new Map(), folder, 'fp16');
  const input = weights.narrow(graph.input('x', ElementType.FLOAT, ['rows', matrix.inputs]));
  const y = weights.widen(int4HalfLinear(graph, weights, matrices)(input, NAME));
  const output = { name: graph.output('y', y), type: ElementType.FLOAT, shape: ['rows', matrix.outputs] };
  const model = encodeModel({ graph: graph.build('product', [output]), opsets: { '': 24, 'com.microsoft': 1 } });
  const options = sessionOptions(1, { model_external_initializers_file_folder_path: folder });
  const session = await InferenceSession.create(model, options);
  try {
    const outputs = await session.run({ x: new Tensor('float32', x, [rows, matrix.inputs]) });
    return outputs['y']?.data as Float32Array;
  } finally {
    await session.release();
  }
}

function random(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** float64 products with what 4 bits stand for. */
function expected(values: Uint8Array, scales: Float32Array, x: Float32Array, rows: number, inputs: number): number[] {
  const outputs = (2 * values.length) / inputs;
  return Array.from({ length: rows * outputs }, (_, at) => {
    const [row, output] = [Math.floor(at / outputs), at % outputs];
    let sum = 0;
    for (let input = 0; input < inputs; input++) {
      const place = output * inputs + input;
      const nibble = ((values[place >> 1] ?? 0) >> (4 * (place & 1))) & 15;
      sum +=
        (nibble - 8) *
        (scales[Math.floor((place * scales.length) / (outputs * inputs))] ?? 0) *
        (x[row * inputs + input] ?? 0);
    }
    return sum;
  });
}

describe('matrices of 4 bits with activations of 16', () => {
  test.each([1, 5, 40])('%i rows', async (rows) => {
    const [outputs, inputs] = [48, 96];
    const folder = await scratch();
    const path = join(folder, 'model.safetensors');
    const data = new Uint8Array(random(outputs * inputs, 9).buffer);
    await writeFile(path, safetensorsFile({ [NAME]: { dtype: 'F32', shape: [outputs, inputs], data } }));
    const tensors = await readSafetensors(path);
    const location = tensors.get(NAME);
    if (location === undefined) throw new Error('not found');
    const { values, scales } = await readMatrix({ form: 'int4', bits: 8 }, location, { tensors, adapters: [] });
    const tensor = (name: string, part: typeof scales) => ({ ...part, name, data: part.bytes });
    const matrix = { outputs, inputs, values: values.map((part) => tensor('v', part)), scales: tensor('s', scales) };
    const x = random(rows * inputs, rows);
    const y = await product(folder, { form: 'int4', matrices: new Map([[NAME, matrix]]) }, x, rows);
    const plain = await readInt4(location, { tensors, adapters: [] });
    const exact = expected(plain.values, plain.scales, x, rows, inputs);
    expect(y).toHaveLength(exact.length);
    for (const [at, value] of exact.entries()) expect(Math.abs((y[at] ?? Number.NaN) - value)).toBeLessThan(2e-2);
  });

  test('a checkpoint that is stored in 4 bits is used where it lies, to the same end', async () => {
    const [from, folder] = [await scratch(), await scratch()];
    await writeSeededCheckpoint(from, {
      seed: 5,
      dtype: 'BF16',
      hidden: 64,
      layers: 2,
      heads: 2,
      kvHeads: 1,
      headDim: 32,
      intermediate: 128,
      vocabSize: 32_000,
      tied: true,
      shards: 1,
      head: 'causal-lm',
      configStyle: 'new',
      ropeTheta: 1e6,
      rmsNormEps: 1e-6,
      maxPositions: 512,
    });
    const open = async (path: string) => openCheckpoint(await resolveModel(path, {}));
    await writeCheckpoint({ checkpoint: await open(from), folder, form: 'int4', onProgress: () => {} });
    const { config, tensors } = await open(folder);
    const stored = storedInt4(config, tensors, folder);
    expect([...stored.matrices.keys()].sort()).toEqual([...tensors.keys()].filter(isLinear).sort());
    expect(stored.matrices.get(NAME)).toMatchObject({ outputs: 128, inputs: 64 });
    expect(stored.matrices.get(NAME)?.values[0]?.shape).toEqual([128, 2, 16]);
    const x = random(3 * 64, 1);
    const location = tensors.get(NAME);
    if (location === undefined) throw new Error('not found');
    const { values, scales } = await readInt4(location, { tensors, adapters: [] });
    const y = await product(folder, stored, x, 3);
    for (const [at, value] of expected(values, scales, x, 3, 64).entries())
      expect(Math.abs((y[at] ?? Number.NaN) - value)).toBeLessThan(2e-2);
  });
});
