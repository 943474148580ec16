import { relative, sep } from 'node:path';
import type { Dtype, TensorMap } from '../../model/safetensors.ts';
import type { GraphBuilder } from '../builder.ts';
import { ElementType } from '../onnx-proto.ts';
import { Weights } from '../weights.ts';

/** What a network computes in on a GPU. */
export type HalfType = 'bf16' | 'fp16';

const ELEMENT_TYPES = { bf16: ElementType.BFLOAT16, fp16: ElementType.FLOAT16 } as const;
const STORED: Record<HalfType, Dtype> = { bf16: 'BF16', fp16: 'F16' };

/**
 * Brings weights into a graph in 16 bits. Those that are stored in that type go from their file to the GPU as they are;
 * others are converted while the session is made.
 */
export class HalfWeights {
  readonly type: typeof ElementType.BFLOAT16 | typeof ElementType.FLOAT16;
  readonly #dtype: Dtype;
  readonly #graph: GraphBuilder;
  readonly #tensors: TensorMap;
  readonly #folder: string;
  readonly #wide: Weights;

  constructor(graph: GraphBuilder, tensors: TensorMap, folder: string, type: HalfType) {
    this.type = ELEMENT_TYPES[type];
    this.#dtype = STORED[type];
    this.#graph = graph;
    this.#tensors = tensors;
    this.#folder = folder;
    this.#wide = new Weights(graph, tensors, folder);
  }

  get(name: string): string {
    return this.#asStored(name) ?? this.narrow(this.#wide.float32(name));
  }

  /** A tensor as float32, for what is too delicate for 16 bits. */
  float32(name: string): string {
    return this.#wide.float32(name);
  }

  rows(name: string, ids: string): string {
    const stored = this.#asStored(name);
    return stored === undefined ? this.narrow(this.#wide.rows(name, ids)) : this.#graph.node('Gather', [stored, ids]);
  }

  /** A float32 value in 16 bits. */
  narrow(value: string): string {
    return this.#graph.node('Cast', [value], { to: this.type });
  }

  widen(value: string): string {
    return this.#graph.node('Cast', [value], { to: ElementType.FLOAT });
  }

  #asStored(name: string): string | undefined {
    const location = this.#tensors.get(name);
    if (location?.dtype !== this.#dtype) return undefined;
    const { shape, offset, byteLength } = location;
    const file = relative(this.#folder, location.file).split(sep).join('/');
    return this.#graph.external({ name, type: this.type, shape, data: { file, offset, byteLength } });
  }
}
