import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { Prepacked } from '../../compile/compile-weights.ts';
import type { MatrixValues, PartValues } from '../../compile/read-matrix.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { packedLayers } from '../../graph/linear/index.ts';
import { ElementType, encodeModel } from '../../graph/onnx-proto.ts';
import { readExternalData } from '../../graph/onnx-read.ts';
import type { PackedForm } from '../../graph/packed-matrices.ts';
import { sessionOptions } from './session-options.ts';

const WEIGHT = 'weight';
const MODEL = 'model.onnx';
const DATA = 'model.bin';

/**
 * Has ONNX Runtime lay a matrix out as this processor's kernel wants it: makes a session of that one product, and takes
 * the layout from what the session saves. `undefined` if the kernel uses matrices as they are.
 * @param folder for what the session saves
 */
export async function prepack(
  form: PackedForm,
  matrix: MatrixValues,
  piece: PartValues,
  folder: string,
): Promise<Prepacked | undefined> {
  const session = await InferenceSession.create(productOf(form, matrix, piece), {
    ...sessionOptions(1, {
      optimized_model_external_initializers_file_name: DATA,
      optimized_model_external_initializers_min_size_in_bytes: '1',
      save_external_prepacked_constant_initializers: '1',
    }),
    optimizedModelFilePath: join(folder, MODEL),
  });
  await session.release();
  const entry = readExternalData(await readFile(join(folder, MODEL)))
    .get(WEIGHT)
    ?.get('prepacked_0');
  return entry === undefined ? undefined : take(entry, await readFile(join(folder, DATA)));
}

/** The notation is `key|offset;length;checksum`, with more such triples where a layout has several buffers. */
function take(entry: string, data: Uint8Array): Prepacked {
  const [key = '', ...places] = entry.split('|');
  const buffers = places.map((place) => {
    const [offset, length] = place.split(';').map(Number);
    if (offset === undefined || length === undefined || !(offset + length <= data.length)) {
      throw new Error(`ONNX Runtime saved a prepacked weight in a notation that is not known: ${entry}`);
    }
    return data.subarray(offset, offset + length);
  });
  return { key, buffers };
}

function productOf(form: PackedForm, matrix: MatrixValues, piece: PartValues): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder();
  const tensor = (name: string, { type, shape, bytes }: PartValues) => ({ name, type, shape, data: bytes });
  const inputs = matrix.inputs / matrix.values.length;
  const values = [tensor(WEIGHT, piece)];
  const packed = { outputs: matrix.outputs, inputs, values, scales: tensor(`${WEIGHT}.scales`, matrix.scales) };
  const linear = packedLayers(graph, { form, matrices: new Map([[WEIGHT, packed]]) });
  const rows = 'rows';
  const x = linear.prepare({ values: graph.input('x', ElementType.FLOAT, [rows, inputs]), rows });
  const y = graph.output('y', linear.multiply(x, WEIGHT));
  const output = { name: y, type: ElementType.FLOAT, shape: [rows, matrix.outputs] };
  return encodeModel({ graph: graph.build('product', [output]), opsets: { '': 24, 'com.microsoft': 1 } });
}
