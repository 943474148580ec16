import type { Tensor } from '../graph/onnx-proto.ts';
import type { PackedMatrices, PackedMatrix } from '../graph/packed-matrices.ts';
import type { Qwen3Config } from '../model/config.ts';
import { isLinear, networkTensors } from '../model/network-tensors.ts';
import { scaleName } from '../model/quantization.ts';
import type { TensorLocation, TensorMap } from '../model/safetensors.ts';
import { halfRows, STORED_HALF } from './half-rows.ts';
import { bytesOf, type MatrixForm, type MatrixValues, type PartValues, readMatrix } from './read-matrix.ts';
import type { FloatTarget, HalfTarget } from './target.ts';
import { tensorBytes } from './tensor-bytes.ts';
import type { WeightSink } from './weight-sink.ts';
import { isChanged, type WeightSource, weightRows } from './weight-source.ts';

/** A network's weights in the form in which a session takes them. */
export interface CompiledWeights {
  /** What is not a linear layer, as it was stored; everything, where all is in 16 bits. */
  readonly tensors: TensorMap;
  readonly matrices: PackedMatrices | undefined;
}

/** A matrix as an operator's kernel lays it out, under ONNX Runtime's own name for that layout. */
export interface Prepacked {
  readonly key: string;
  readonly buffers: readonly Uint8Array[];
}

export interface CompileWeightsOptions extends WeightSource {
  readonly config: Qwen3Config;
  readonly form: MatrixForm | HalfTarget | FloatTarget;
  readonly sink: WeightSink;
  /** Called before each tensor, and at the end: bytes of the checkpoint that have been read. Throws to give up. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly prepack?: ((matrix: MatrixValues, piece: PartValues) => Promise<Prepacked | undefined>) | undefined;
}

/** Brings weights into another numeric form, tensor by tensor: no more than one of them is in memory. */
export async function compileWeights(options: CompileWeightsOptions): Promise<CompiledWeights> {
  const { config, tensors, form, sink, onProgress } = options;
  const kept = new Map<string, TensorLocation>();
  const matrices = new Map<string, PackedMatrix>();
  const needed = locationsOf(config, tensors);
  const total = needed.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  for (const location of needed) {
    onProgress(done, total);
    const { name, byteLength } = location;
    if (isHalf(form)) {
      const place = await sink.write(halfRows(location, options, form.form));
      kept.set(name, { ...location, dtype: STORED_HALF[form.form], ...place });
    } else if (form.form !== 'fp32' && isLinear(name)) {
      matrices.set(name, await writeMatrix(name, await readMatrix(form, location, options), options));
    } else if (isChanged(name, options)) {
      kept.set(name, { ...location, dtype: 'F32', ...(await sink.write(floatBytes(location, options))) });
    } else {
      kept.set(name, { ...location, ...(await sink.write(tensorBytes(location))) });
      // The scales of a matrix that is kept in few bits.
      const scales = tensors.get(scaleName(name));
      if (scales) kept.set(scales.name, { ...scales, ...(await sink.write(tensorBytes(scales))) });
    }
    done += byteLength;
  }
  onProgress(total, total);
  return { tensors: kept, matrices: isHalf(form) || form.form === 'fp32' ? undefined : { form: form.form, matrices } };
}

function isHalf(form: CompileWeightsOptions['form']): form is HalfTarget {
  return form.form === 'bf16' || form.form === 'fp16';
}

/** What of the checkpoint is read: the head's rows are inside the graph, so a head of its own is not among it. */
function locationsOf(config: Qwen3Config, tensors: TensorMap): TensorLocation[] {
  return [...networkTensors(config).keys()]
    .filter((name) => name.startsWith('model.'))
    .map((name) => tensors.get(name))
    .filter((location) => location !== undefined);
}

async function* floatBytes(location: TensorLocation, source: WeightSource): AsyncGenerator<Uint8Array> {
  for await (const { values } of weightRows(location, source)) yield bytesOf(values);
}

async function writeMatrix(
  name: string,
  matrix: MatrixValues,
  { sink, prepack }: CompileWeightsOptions,
): Promise<PackedMatrix> {
  const write = async (tensorName: string, { type, shape, bytes }: PartValues): Promise<Tensor> => {
    const { file, offset, byteLength } = await sink.write([bytes]);
    return { name: tensorName, type, shape, data: { file, offset, byteLength } };
  };
  const values: Tensor[] = [];
  for (const [at, piece] of matrix.values.entries()) {
    const tensor = await write(`${name}.${at}`, piece);
    const prepacked = await prepack?.(matrix, piece);
    const data = prepacked ? { ...tensor.data, prepacked: await writePrepacked(prepacked, sink) } : tensor.data;
    values.push({ ...tensor, data });
  }
  const { outputs, inputs } = matrix;
  return { outputs, inputs, values, scales: await write(`${name}.scales`, matrix.scales) };
}

/** Returns where the layout is, in ONNX Runtime's notation: `key|offset;length;checksum`, a triple for each buffer. */
async function writePrepacked({ key, buffers }: Prepacked, sink: WeightSink): Promise<string> {
  const parts = [key];
  for (const buffer of buffers) {
    const { offset, byteLength } = await sink.write([buffer]);
    parts.push(`${offset};${byteLength};0`);
  }
  return parts.join('|');
}
