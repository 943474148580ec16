import { relative, sep } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { scaleName } from '../model/quantization.ts';
import type { TensorLocation, TensorMap } from '../model/safetensors.ts';
import type { GraphBuilder } from './builder.ts';
import { ElementType } from './onnx-proto.ts';

/** What a stored 4-bit 0 is. */
const ZERO = 8;

const ELEMENT_TYPES: Partial<Record<TensorLocation['dtype'], ElementType>> = {
  F32: ElementType.FLOAT,
  F16: ElementType.FLOAT16,
  BF16: ElementType.BFLOAT16,
  I8: ElementType.INT8,
  I4: ElementType.UINT4,
};

/** Brings weights into a graph from where they lie: nothing is copied, ONNX Runtime maps the files. */
export class Weights {
  readonly #graph: GraphBuilder;
  readonly #tensors: TensorMap;
  readonly #folder: string;

  /** `folder` holds every weight file, itself or in folders below. */
  constructor(graph: GraphBuilder, tensors: TensorMap, folder: string) {
    this.#graph = graph;
    this.#tensors = tensors;
    this.#folder = folder;
  }

  /** A tensor as float32. ONNX Runtime computes this once, when the session is made. */
  float32(name: string): string {
    return this.#locate(name).dtype === 'I4' ? this.#unpacked(name) : this.#scaled(name, (stored) => stored);
  }

  /** The rows of a matrix that `ids` names, as float32. Only these are widened: the table stays as it is in the file. */
  rows(name: string, ids: string): string {
    return this.#scaled(name, (stored) => this.#graph.node('Gather', [stored, ids]));
  }

  /** Takes `part` of the values, and of the rows' scales where the tensor is quantized. */
  #scaled(name: string, part: (stored: string) => string): string {
    const values = this.#widen(part(this.#stored(name)), this.#locate(name));
    if (this.#locate(name).dtype !== 'I8') return values;
    const location = this.#locate(scaleName(name));
    const [rows = 0] = location.shape;
    return this.#graph.node('Mul', [values, this.#widen(part(this.#stored(location.name, [rows, 1])), location)]);
  }

  /** A matrix of 4-bit values in groups along its rows. */
  #unpacked(name: string): string {
    const location = this.#locate(scaleName(name));
    const { shape } = location;
    const [rows = 0, groups = 0] = shape;
    const scales = this.#widen(this.#stored(location.name), location);
    const zeros = this.#graph.constant(`${name}.zeros`, ElementType.UINT4, twice(ZERO, (rows * groups) / 2), shape);
    const block = (this.#locate(name).shape[1] ?? 0) / groups;
    return this.#graph.node('DequantizeLinear', [this.#stored(name), scales, zeros], { axis: 1, block_size: block });
  }

  #widen(value: string, { dtype }: TensorLocation): string {
    return dtype === 'F32' ? value : this.#graph.node('Cast', [value], { to: ElementType.FLOAT });
  }

  /** Declares a tensor where it lies, in the type it is stored in. */
  #stored(name: string, shape = this.#locate(name).shape): string {
    const { dtype, offset, byteLength, file } = this.#locate(name);
    const type = ELEMENT_TYPES[dtype];
    if (type === undefined) throw new RerankitError('MODEL_UNSUPPORTED', `Tensor ${show(name)} has type ${dtype}.`);
    const location = relative(this.#folder, file).split(sep).join('/');
    return this.#graph.external({ name, type, shape, data: { file: location, offset, byteLength } });
  }

  #locate(name: string): TensorLocation {
    const location = this.#tensors.get(name);
    if (location === undefined)
      throw new RerankitError('MODEL_INVALID', `The checkpoint lacks the tensor ${show(name)}.`);
    return location;
  }
}

/** Bytes whose halves both are `value`. */
function twice(value: number, length: number): Uint8Array {
  return new Uint8Array(Math.ceil(length)).fill(value * 17);
}
