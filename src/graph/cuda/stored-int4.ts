import { relative, sep } from 'node:path';
import { RerankitError, show } from '../../errors.ts';
import type { Qwen3Config } from '../../model/config.ts';
import { isLinear, networkTensors } from '../../model/network-tensors.ts';
import { scaleName } from '../../model/quantization.ts';
import type { TensorLocation, TensorMap } from '../../model/safetensors.ts';
import { ElementType, type ExternalData } from '../onnx-proto.ts';
import type { PackedMatrices, PackedMatrix } from '../packed-matrices.ts';

const SCALE_TYPES: Partial<Record<TensorLocation['dtype'], ElementType>> = {
  F32: ElementType.FLOAT,
  F16: ElementType.FLOAT16,
  BF16: ElementType.BFLOAT16,
};

/**
 * The matrices of a checkpoint that is stored in 4 bits, where they lie: its bytes are in the order that the operator
 * wants. `folder` holds every weight file, itself or in folders below.
 */
export function storedInt4(config: Qwen3Config, tensors: TensorMap, folder: string): PackedMatrices {
  const matrices = new Map<string, PackedMatrix>();
  for (const name of networkTensors(config).keys()) {
    if (!isLinear(name)) continue;
    const values = find(tensors, name);
    const scales = find(tensors, scaleName(name));
    const type = SCALE_TYPES[scales.dtype];
    const [outputs = 0, inputs = 0] = values.shape;
    const [, groups = 0] = scales.shape;
    if (values.dtype !== 'I4' || type === undefined) {
      const found = `${values.dtype} with scales of ${scales.dtype}`;
      throw new RerankitError('MODEL_UNSUPPORTED', `Tensor ${show(name)} is ${found}, not in 4 bits like the others.`);
    }
    const shape = [outputs, groups, inputs / groups / 2];
    matrices.set(name, {
      outputs,
      inputs,
      values: [{ name, type: ElementType.UINT8, shape, data: placeOf(values, folder) }],
      scales: { name: scales.name, type, shape: [outputs, groups], data: placeOf(scales, folder) },
    });
  }
  return { form: 'int4', matrices };
}

function placeOf({ file, offset, byteLength }: TensorLocation, folder: string): ExternalData {
  return { file: relative(folder, file).split(sep).join('/'), offset, byteLength };
}

function find(tensors: TensorMap, name: string): TensorLocation {
  const location = tensors.get(name);
  if (location !== undefined) return location;
  throw new RerankitError('MODEL_INVALID', `The checkpoint lacks the tensor ${show(name)}.`);
}
