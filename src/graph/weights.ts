import { relative, sep } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import type { Dtype, TensorLocation, TensorMap } from '../model/safetensors.ts';
import type { GraphBuilder } from './builder.ts';
import { ElementType } from './onnx-proto.ts';

const ELEMENT_TYPES: Partial<Record<Dtype, ElementType>> = {
  F32: ElementType.FLOAT,
  F16: ElementType.FLOAT16,
  BF16: ElementType.BFLOAT16,
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

  /** The tensor in the type it is stored in. */
  stored(name: string): string {
    const { dtype, shape, offset, byteLength, file } = this.#locate(name);
    const type = ELEMENT_TYPES[dtype];
    if (type === undefined) throw new RerankitError('MODEL_UNSUPPORTED', `Tensor ${show(name)} has type ${dtype}.`);
    const location = relative(this.#folder, file).split(sep).join('/');
    return this.#graph.external({ name, type, shape, data: { file: location, offset, byteLength } });
  }

  /** The tensor as float32. ONNX Runtime folds the cast when the session is made. */
  float32(name: string): string {
    const stored = this.stored(name);
    return this.#locate(name).dtype === 'F32' ? stored : this.#graph.node('Cast', [stored], { to: ElementType.FLOAT });
  }

  #locate(name: string): TensorLocation {
    const location = this.#tensors.get(name);
    if (location === undefined)
      throw new RerankitError('MODEL_INVALID', `The checkpoint lacks the tensor ${show(name)}.`);
    return location;
  }
}
