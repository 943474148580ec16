import { type Attribute, ElementType, type Graph, type Node, type Tensor, type Value } from './onnx-proto.ts';

/** Attribute values as they are written in code; an integer that must be stored as a float is `float(1)`. */
export type AttributeValue = number | string | readonly number[] | Graph | Attribute;

/** A float attribute, also where the number is whole. */
export const float = (value: number): Attribute => ({ kind: 'float', value });

/** Collects nodes and initialisers of one graph; every method returns the name of the value it made. */
export class GraphBuilder {
  readonly #prefix: string;
  readonly #nodes: Node[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #inputs: Value[] = [];
  readonly #values: Value[] = [];
  #count = 0;

  /** `prefix` keeps names apart between a graph and its subgraphs. */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  input(name: string, type: ElementType, shape?: readonly (number | string)[], sequence = false): string {
    const value = { name: this.#prefix + name, type, sequence };
    this.#inputs.push(shape ? { ...value, shape } : value);
    return value.name;
  }

  /** Adds a node with one output. `inputs` may hold `''` for an optional input that is left out. */
  node(op: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}, domain = ''): string {
    const name = `${this.#prefix}${op}_${this.#count++}`;
    const typed = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)]));
    this.#nodes.push({ op, domain, name, inputs, outputs: [name], attributes: typed });
    return name;
  }

  /** Adds a node with several outputs, and returns the names of the ones that are `wanted`; the others get none. */
  nodes(
    op: string,
    inputs: readonly string[],
    wanted: readonly boolean[],
    attributes: Record<string, AttributeValue> = {},
    domain = '',
  ): string[] {
    const name = `${this.#prefix}${op}_${this.#count++}`;
    const typed = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)]));
    const outputs = wanted.map((used, at) => (used ? `${name}_${at}` : ''));
    this.#nodes.push({ op, domain, name, inputs, outputs, attributes: typed });
    return outputs.filter((output) => output !== '');
  }

  /**
   * Gives a value another shape, of which one dimension may be symbolic. The name of that dimension is declared: ONNX
   * Runtime puts a value where another one was only if it knows both to have the same shape, and its search for such a
   * place takes seconds in a graph of unknown shapes.
   */
  reshape(value: string, type: ElementType, shape: readonly (number | string)[]): string {
    const sizes = this.ints(...shape.map((size) => (typeof size === 'string' ? -1 : size)));
    return this.declare(this.node('Reshape', [value, sizes]), type, shape);
  }

  /** States a value's type and shape. */
  declare(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#values.push({ name, type, shape });
    return name;
  }

  /** Splits a value into equal parts along its last axis. */
  split(value: string, count: number): string[] {
    const name = `${this.#prefix}Split_${this.#count++}`;
    const outputs = Array.from({ length: count }, (_, at) => `${name}_${at}`);
    const attributes = { axis: toAttribute(-1), num_outputs: toAttribute(count) };
    this.#nodes.push({ op: 'Split', domain: '', name, inputs: [value], outputs, attributes });
    return outputs;
  }

  /** Gives a value a name that users of the model can rely on. */
  output(name: string, value: string): string {
    this.#nodes.push({ op: 'Identity', domain: '', name, inputs: [value], outputs: [name], attributes: {} });
    return name;
  }

  /** A weight whose bytes stay in a file. */
  external(tensor: Tensor): string {
    this.#tensors.push(tensor);
    return tensor.name;
  }

  floats(name: string, values: Float32Array, shape: readonly number[]): string {
    return this.constant(name, ElementType.FLOAT, values, shape);
  }

  constant(name: string, type: ElementType, values: ArrayBufferView, shape: readonly number[]): string {
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#tensors.push({ name, type, shape, data });
    return name;
  }

  /** A vector of int64. */
  ints(...values: number[]): string {
    const name = `${this.#prefix}ints_${this.#count++}`;
    return this.constant(name, ElementType.INT64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A boolean scalar. */
  bool(value: boolean): string {
    return this.constant(`${this.#prefix}bool_${this.#count++}`, ElementType.BOOL, Uint8Array.of(value ? 1 : 0), []);
  }

  build(name: string, outputs: readonly Value[]): Graph {
    return {
      name,
      nodes: this.#nodes,
      initializers: this.#tensors,
      inputs: this.#inputs,
      outputs,
      values: this.#values,
    };
  }
}

function toAttribute(value: AttributeValue): Attribute {
  if (typeof value === 'number') return { kind: Number.isInteger(value) ? 'int' : 'float', value };
  if (typeof value === 'string') return { kind: 'string', value };
  if ('kind' in value) return value;
  return 'nodes' in value ? { kind: 'graph', value } : { kind: 'ints', value };
}
