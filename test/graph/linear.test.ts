import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PartValues, readMatrix } from '../../src/compile/read-matrix.ts';
import { exactInt8Bits } from '../../src/engine/onnx/int8-bits.ts';
import { sessionOptions } from '../../src/engine/onnx/session-options.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { type LinearLayers, packedLayers } from '../../src/graph/linear/index.ts';
import { ElementType, encodeModel } from '../../src/graph/onnx-proto.ts';
import type { PackedForm, PackedMatrices } from '../../src/graph/packed-matrices.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';

const GATE = 'model.layers.0.mlp.gate_proj.weight';
const DOWN = 'model.layers.0.mlp.down_proj.weight';

// ONNX Runtime reports usage unless told otherwise before its first session.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
let bits: 7 | 8;
beforeAll(async () => {
  bits = (await exactInt8Bits()) ?? 7;
});

interface Matrix {
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly weights: Float32Array;
  readonly packed: PackedMatrices;
}

function random(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

async function matrix(form: PackedForm, name: string, outputs: number, inputs: number): Promise<Matrix> {
  const weights = random(outputs * inputs, outputs * 1000 + inputs);
  const path = join(await scratch(), 'model.safetensors');
  const data = new Uint8Array(weights.buffer);
  await writeFile(path, safetensorsFile({ [name]: { dtype: 'F32', shape: [outputs, inputs], data } }));
  const tensors = await readSafetensors(path);
  const location = tensors.get(name);
  if (location === undefined) throw new Error('not found');
  const { values, scales } = await readMatrix({ form, bits }, location, { tensors, adapters: [] });
  const tensor = (at: string, { type, shape, bytes }: PartValues) => ({ name: at, type, shape, data: bytes });
  const one = {
    outputs,
    inputs,
    values: values.map((piece, at) => tensor(`${name}.${at}`, piece)),
    scales: tensor(`${name}.scales`, scales),
  };
  return { name, outputs, inputs, weights, packed: { form, matrices: new Map([[name, one]]) } };
}

type Use = (linear: LinearLayers, x: string, residual: string, weight: string) => string;
const USES: Readonly<Record<'multiply' | 'project', Use>> = {
  multiply: (linear, x, _, weight) => linear.multiply(linear.prepare({ values: x, rows: 'n' }), weight),
  project: (linear, x, residual, weight) => linear.project({ values: x, rows: 'n' }, weight, residual),
};

/** Runs one linear layer in ONNX Runtime. */
async function run(matrix: Matrix, use: Use, x: Float32Array, residual: Float32Array): Promise<Float32Array> {
  const { name, outputs, inputs, packed } = matrix;
  const graph = new GraphBuilder();
  const input = graph.input('x', ElementType.FLOAT, ['rows', inputs]);
  const added = graph.input('residual', ElementType.FLOAT, ['rows', outputs]);
  const y = use(packedLayers(graph, packed), input, added, name);
  // The residual is read also where the layer has no use for it: inputs that nobody reads are refused.
  const zero = graph.node('Mul', [added, graph.floats('nothing', Float32Array.of(0), [])]);
  const output = graph.output('y', graph.node('Add', [y, zero]));
  const outputsOf = [{ name: output, type: ElementType.FLOAT, shape: ['rows', outputs] }];
  const model = encodeModel({ graph: graph.build('layer', outputsOf), opsets: { '': 24, 'com.microsoft': 1 } });
  const session = await InferenceSession.create(model, sessionOptions(1));
  try {
    const rows = x.length / inputs;
    const result = await session.run({
      x: new Tensor('float32', x, [rows, inputs]),
      residual: new Tensor('float32', residual, [rows, outputs]),
    });
    const { data } = result['y'] ?? {};
    if (!(data instanceof Float32Array)) throw new Error('no output');
    return data;
  } finally {
    await session.release();
  }
}

/** Activations as they are meant to be rounded: for each piece of each row, steps of a 127th of its largest value. */
function roundedActivations(x: Float32Array, inputs: number, piece: number): Float64Array {
  const rounded = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += inputs) {
    for (let from = row; from < row + inputs; from += piece) {
      const part = x.subarray(from, Math.min(from + piece, row + inputs));
      const step = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
      for (const [at, value] of part.entries()) rounded[from + at] = step === 0 ? 0 : Math.round(value / step) * step;
    }
  }
  return rounded;
}

/** Weights as they are meant to be rounded: for each output, steps so that the largest has `bits` bits. */
function roundedWeights({ weights, inputs }: Matrix): Float64Array {
  const most = 2 ** (bits - 1) - 1;
  const rounded = new Float64Array(weights.length);
  for (let from = 0; from < weights.length; from += inputs) {
    const row = weights.subarray(from, from + inputs);
    const step = row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / most;
    for (const [at, value] of row.entries()) rounded[from + at] = Math.round(value / step) * step;
  }
  return rounded;
}

function product(x: ArrayLike<number>, weights: ArrayLike<number>, inputs: number, outputs: number): Float64Array {
  const rows = x.length / inputs;
  return Float64Array.from({ length: rows * outputs }, (_, at) => {
    const [row, output] = [Math.floor(at / outputs), at % outputs];
    let sum = 0;
    for (let input = 0; input < inputs; input++) {
      sum += (x[row * inputs + input] ?? 0) * (weights[output * inputs + input] ?? 0);
    }
    return sum;
  });
}

/** Rows of unlike size: ordinary, with a value far above the others, tiny, of zeros, and negative throughout. */
function activations(inputs: number): Float32Array {
  const x = random(6 * inputs, inputs);
  x[inputs + 3] = 60;
  for (let at = 0; at < inputs; at++) {
    x[2 * inputs + at] = (x[2 * inputs + at] ?? 0) * 1e-4;
    x[3 * inputs + at] = 0;
    x[4 * inputs + at] = -Math.abs(x[4 * inputs + at] ?? 0);
  }
  return x;
}

function errorOf(y: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [squares, norm] = [0, 0];
  for (let at = 0; at < expected.length; at++) {
    squares += ((y[at] ?? Number.NaN) - (expected[at] ?? 0)) ** 2;
    norm += (expected[at] ?? 0) ** 2;
  }
  return Math.sqrt(squares / norm);
}

const SHAPES = [
  [GATE, 'multiply', 40, 96],
  [GATE, 'multiply', 7, 33],
  [GATE, 'project', 16, 64],
  [DOWN, 'project', 24, 160],
  [DOWN, 'project', 24, 90],
] as const;

describe('a linear layer in int8', () => {
  test.each(SHAPES)('%s: %s with [%i, %i] is what rounding both sides gives', async (name, use, outputs, inputs) => {
    const layer = await matrix('int8', name, outputs, inputs);
    const pieces = layer.packed.matrices.get(name)?.values.length ?? 0;
    if (name === DOWN && inputs === 160) expect(pieces).toBe(4);
    const x = activations(inputs);
    const residual = use === 'project' ? random(6 * outputs, 5) : new Float32Array(6 * outputs);
    const y = await run(layer, USES[use], x, residual);
    const expected = product(roundedActivations(x, inputs, inputs / pieces), roundedWeights(layer), inputs, outputs);
    for (const [at, value] of expected.entries()) {
      const row = x.subarray(Math.floor(at / outputs) * inputs, (Math.floor(at / outputs) + 1) * inputs);
      // Sums are exact; what differs is the arithmetic in float32 around them.
      const size = row.reduce((sum, each) => sum + Math.abs(each), 0) + Math.abs(residual[at] ?? 0);
      expect(Math.abs((y[at] ?? Number.NaN) - (value + (residual[at] ?? 0)))).toBeLessThanOrEqual(3e-6 * size);
    }
    // And rounding changes something, so that the comparison above means something.
    const exact = product(x, layer.weights, inputs, outputs);
    expect(errorOf(expected, exact)).toBeGreaterThan(1e-3);
    expect(errorOf(expected, exact)).toBeLessThan(0.03);
  });

  test('what is left to be scaled stands for the same product', async () => {
    const layer = await matrix('int8', DOWN, 24, 160);
    const x = activations(160);
    const none = new Float32Array(6 * 24);
    // Activations whose rows are still to be multiplied, as the product of gate and up.
    const scaledLater: Use = (linear, values, residual, weight) =>
      linear.project({ values, rows: 'n', scales: 'factors' }, weight, residual);
    const plain = await run(layer, USES.project, x, none);
    const factors = Float32Array.of(1, 2, 0.5, 3, 4, 0.125);
    const scaled = await runWithFactors(layer, scaledLater, x, factors);
    for (const [at, value] of scaled.entries()) {
      const factor = factors[Math.floor(at / 24)] ?? 0;
      const expected = (plain[at] ?? Number.NaN) * factor;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * Math.abs(expected) + 1e-12);
    }
  });
});

async function runWithFactors(layer: Matrix, use: Use, x: Float32Array, factors: Float32Array): Promise<Float32Array> {
  const { name, outputs, inputs, packed } = layer;
  const graph = new GraphBuilder();
  const input = graph.input('x', ElementType.FLOAT, ['rows', inputs]);
  graph.constant('factors', ElementType.FLOAT, factors, [factors.length, 1]);
  const none = graph.constant('none', ElementType.FLOAT, new Float32Array(outputs), [outputs]);
  const output = graph.output('y', use(packedLayers(graph, packed), input, none, name));
  const model = encodeModel({
    graph: graph.build('layer', [{ name: output, type: ElementType.FLOAT, shape: ['rows', outputs] }]),
    opsets: { '': 24, 'com.microsoft': 1 },
  });
  const session = await InferenceSession.create(model, sessionOptions(1));
  const { y } = await session.run({ x: new Tensor('float32', x, [x.length / inputs, inputs]) });
  await session.release();
  if (!(y?.data instanceof Float32Array)) throw new Error('no output');
  return y.data;
}

describe('a linear layer in int4', () => {
  // Whether activations are rounded is the kernel's own business: without 8-bit instructions they need not be.
  test.each(SHAPES)(
    '%s: %s with [%i, %i] is what rounding weights, and activations in blocks, gives',
    async (name, use, outputs, inputs) => {
      const layer = await matrix('int4', name, outputs, inputs);
      const x = activations(inputs);
      const residual = new Float32Array(6 * outputs);
      const y = await run(layer, USES[use], x, residual);
      const meant = product(x, dequantized(layer), inputs, outputs);
      const rounded = product(roundedActivations(x, inputs, 32), dequantized(layer), inputs, outputs);
      expect(Math.min(errorOf(y, rounded), errorOf(y, meant))).toBeLessThan(1e-5);
      for (let output = 0; output < outputs; output++) expect(y[3 * outputs + output]).toBe(0);
      // The tiny row has not been rounded away beside larger ones.
      const tiny = (values: ArrayLike<number>) => Array.from(values).slice(2 * outputs, 3 * outputs);
      expect(errorOf(tiny(y), tiny(meant))).toBeLessThan(0.02);
      const exact = product(x, layer.weights, inputs, outputs);
      expect(errorOf(meant, exact)).toBeGreaterThan(0.01);
      expect(errorOf(meant, exact)).toBeLessThan(0.15);
      if (use === 'project') {
        const added = await run(layer, USES.project, x, new Float32Array(6 * outputs).fill(2));
        for (const [at, value] of added.entries()) expect(value).toBeCloseTo((y[at] ?? Number.NaN) + 2, 4);
      }
    },
  );
});

/** int4 weights as MatMulNBits defines them. */
function dequantized({ name, outputs, inputs, packed }: Matrix): Float64Array {
  const { values, scales } = packed.matrices.get(name) ?? {};
  const [piece] = values ?? [];
  if (!(piece?.data instanceof Uint8Array) || !(scales?.data instanceof Uint8Array)) throw new Error('no matrix');
  const blocks = piece.shape[1] ?? 0;
  const steps = new Float32Array(scales.data.buffer, scales.data.byteOffset, outputs * blocks);
  const bytes = piece.data;
  return Float64Array.from({ length: outputs * inputs }, (_, at) => {
    const [output, input] = [Math.floor(at / inputs), at % inputs];
    const byte = bytes[(output * blocks * 32 + input) >> 1] ?? 0;
    const integer = input % 2 === 0 ? byte & 15 : byte >> 4;
    return (integer - 8) * (steps[output * blocks + Math.floor(input / 32)] ?? 0);
  });
}

describe.each(['int8', 'int4'] as const)('rows of a layer in %s', (form) => {
  test('come out alone as in a crowd', async () => {
    const layer = await matrix(form, DOWN, 40, 160);
    const x = random(70 * 160, 9);
    const residual = random(70 * 40, 8);
    const together = await run(layer, USES.project, x, residual);
    for (const row of [0, 1, 33, 69]) {
      const alone = await run(
        layer,
        USES.project,
        x.slice(row * 160, (row + 1) * 160),
        residual.slice(row * 40, (row + 1) * 40),
      );
      for (const [at, value] of alone.entries()) {
        expect(Math.abs(value - (together[row * 40 + at] ?? Number.NaN))).toBeLessThanOrEqual(1e-5);
      }
    }
  });

  test('that lack a matrix say which', () => {
    const layers = packedLayers(new GraphBuilder(), { form, matrices: new Map() });
    expect(() => layers.multiply({ values: 'x', rows: 'n' }, GATE)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringContaining(GATE) }),
    );
  });
});
