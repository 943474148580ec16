import { relative, sep } from 'node:path';
import type { TensorLocation, TensorMap } from '../../model/safetensors.ts';
import type { GraphBuilder } from '../builder.ts';
import { ElementType, type Tensor } from '../onnx-proto.ts';
import { Weights } from '../weights.ts';
import type { HalfType } from './half-types.ts';

const ELEMENT_TYPES = { bf16: ElementType.BFLOAT16, fp16: ElementType.FLOAT16 } as const;
type HalfElement = (typeof ELEMENT_TYPES)[HalfType];
const STORED: Partial<Record<TensorLocation['dtype'], HalfElement>> = {
  BF16: ElementType.BFLOAT16,
  F16: ElementType.FLOAT16,
};

/**
 * Brings weights into a graph in 16 bits. Those that are stored in that type go from their file to the GPU as they are;
 * others are converted while the session is made.
 */
export class HalfWeights {
  readonly type: HalfElement;
  readonly #graph: GraphBuilder;
  readonly #tensors: TensorMap;
  readonly #folder: string;
  readonly #wide: Weights;

  constructor(graph: GraphBuilder, tensors: TensorMap, folder: string, type: HalfType) {
    this.type = ELEMENT_TYPES[type];
    this.#graph = graph;
    this.#tensors = tensors;
    this.#folder = folder;
    this.#wide = new Weights(graph, tensors, folder);
  }

  get(name: string): string {
    return this.#half(name, (stored) => stored) ?? this.narrow(this.#wide.float32(name));
  }

  /** A tensor as float32, for what is too delicate for 16 bits. */
  float32(name: string): string {
    return this.#wide.float32(name);
  }

  rows(name: string, ids: string): string {
    const gather = (stored: string) => this.#graph.node('Gather', [stored, ids]);
    return this.#half(name, gather) ?? this.narrow(this.#wide.rows(name, ids));
  }

  /** A tensor of any floating-point type whose place is known. */
  stored(tensor: Tensor): string {
    const value = this.#graph.external(tensor);
    return tensor.type === this.type ? value : this.narrow(value);
  }

  /** Any value in the network's 16 bits. */
  narrow(value: string): string {
    return this.#graph.node('Cast', [value], { to: this.type });
  }

  widen(value: string): string {
    return this.#graph.node('Cast', [value], { to: ElementType.FLOAT });
  }

  /** Takes `part` of a tensor that is stored in 16 bits, of either kind. */
  #half(name: string, part: (stored: string) => string): string | undefined {
    const location = this.#tensors.get(name);
    const stored = location && STORED[location.dtype];
    if (location === undefined || stored === undefined) return undefined;
    const { shape, offset, byteLength } = location;
    const file = relative(this.#folder, location.file).split(sep).join('/');
    const value = part(this.#graph.external({ name, type: stored, shape, data: { file, offset, byteLength } }));
    return stored === this.type ? value : this.narrow(value);
  }
}
