import type { Dtype } from '../../engine/onnx/dtype.ts';

/** An ONNX export that was chosen among those of a model. */
export interface OnnxFile {
  /** Its path inside the directory or repository, with forward slashes. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** What the caller says about the export it wants. */
export interface OnnxWish {
  /** Path inside the directory or repository; `undefined`: one that goes with `dtype`. */
  readonly file: string | undefined;
  readonly dtype: Dtype | 'auto';
}

/** Where exports lie: the folder that converters make, and the model's own. */
export const ONNX_FOLDERS = ['onnx/', ''] as const;

/** Names that exports of a type go by, in order of preference. */
const NAMES: Readonly<Record<Dtype, readonly string[]>> = {
  fp32: ['model'],
  fp16: ['model_fp16'],
  bf16: ['model_bf16'],
  int8: [
    'model_quantized',
    'model_int8',
    'model_uint8',
    'model_qint8_avx512_vnni',
    'model_qint8_avx512',
    'model_qint8_arm64',
    'model_quint8_avx2',
  ],
  int4: ['model_q4', 'model_bnb4'],
};

/** Paths under which an export of a type may lie, best first. `'auto'` is the export that was not quantized. */
export function namesOf(dtype: Dtype | 'auto'): readonly string[] {
  const names = NAMES[dtype === 'auto' ? 'fp32' : dtype];
  return ONNX_FOLDERS.flatMap((folder) => names.map((name) => `${folder}${name}.onnx`));
}

/** The type of an export's weights, as far as its name tells. */
export function dtypeOf(name: string): Dtype {
  const stem = (name.split('/').at(-1) ?? '').replace(/\.onnx$/, '');
  if (/(?:^|_)(?:quantized|u?int8|q8|qu?int8)(?:_|$)/.test(stem)) return 'int8';
  if (/(?:^|_)(?:q4|q4f16|bnb4|int4|uint4)(?:_|$)/.test(stem)) return 'int4';
  if (/(?:^|_)(?:fp16|float16|f16)(?:_|$)/.test(stem)) return 'fp16';
  if (/(?:^|_)bf16(?:_|$)/.test(stem)) return 'bf16';
  return 'fp32';
}

/** Whether `name` is a file in which an export keeps its weights: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
export function isDataOf(name: string, onnx: string): boolean {
  return name.startsWith(onnx) && /^(?:_data(?:_\d+)?|\.data)$/.test(name.slice(onnx.length));
}
