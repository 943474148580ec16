import { RerankitError, show } from '../errors.ts';
import { scaleName } from './quantization.ts';
import type { TensorMap } from './safetensors.ts';
import { readTensorRows } from './tensor-rows.ts';

/** Rows of a matrix as float32, whatever it is stored as: quantized rows are multiplied with their scales. */
export async function readWeightRows(tensors: TensorMap, name: string, rows: readonly number[]): Promise<Float32Array> {
  const values = await readTensorRows(find(tensors, name), rows);
  if (find(tensors, name).dtype !== 'I8') return values;
  const scales = await readTensorRows(find(tensors, scaleName(name)), rows);
  const columns = values.length / rows.length;
  return values.map((value, at) => value * (scales[Math.floor(at / columns)] ?? Number.NaN));
}

function find(tensors: TensorMap, name: string) {
  const location = tensors.get(name);
  if (location !== undefined) return location;
  throw new RerankitError('MODEL_INVALID', `The checkpoint lacks the tensor ${show(name)}.`);
}
