import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * The part of the ONNX model format (onnx.proto3) that this library writes. Field numbers are the format's own.
 * Reading is left to ONNX Runtime.
 */

/** Element types, by their number in `TensorProto.DataType`. */
export const ElementType = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
  BFLOAT16: 16,
  UINT4: 21,
} as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

/** An initialiser: its bytes are in the model itself, or in a file of the model's folder. */
export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalData;
}

/** A place in a file of the model's folder. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
  /** Where the file also has the tensor as an operator's kernel lays it out, in ONNX Runtime's own notation. */
  readonly prepacked?: string;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'graph'; readonly value: Graph };

export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph input or output: a tensor (a string dimension is symbolic), or a sequence of tensors of unknown shape. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape?: readonly (number | string)[];
  readonly sequence?: boolean;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Values inside whose shape ONNX Runtime would not find out by itself. */
  readonly values: readonly Value[];
}

export interface Model {
  readonly graph: Graph;
  /** Version by operator domain; `''` is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
}

const IR_VERSION = 10;

/** Serialises a model. The result must stay under 2 GB (protobuf's limit), so large weights belong in external files. */
export function encodeModel(model: Model): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter();
  w.tag(1, WireType.Varint).int64(IR_VERSION);
  w.tag(2, WireType.LengthDelimited).string('rerankit');
  message(w, 7, () => writeGraph(w, model.graph));
  for (const [domain, version] of Object.entries(model.opsets)) {
    message(w, 8, () => {
      w.tag(1, WireType.LengthDelimited).string(domain);
      w.tag(2, WireType.Varint).int64(version);
    });
  }
  return w.finish();
}

function message(w: BinaryWriter, field: number, write: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write();
  w.join();
}

function strings(w: BinaryWriter, field: number, values: readonly string[]): void {
  for (const value of values) w.tag(field, WireType.LengthDelimited).string(value);
}

function writeGraph(w: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node));
  strings(w, 2, [graph.name]);
  for (const tensor of graph.initializers) message(w, 5, () => writeTensor(w, tensor));
  for (const value of graph.inputs) message(w, 11, () => writeValue(w, value));
  for (const value of graph.outputs) message(w, 12, () => writeValue(w, value));
  for (const value of graph.values) message(w, 13, () => writeValue(w, value));
}

function writeNode(w: BinaryWriter, node: Node): void {
  strings(w, 1, node.inputs);
  strings(w, 2, node.outputs);
  strings(w, 3, [node.name]);
  strings(w, 4, [node.op]);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, 5, () => writeAttribute(w, name, attribute));
  }
  strings(w, 7, [node.domain]);
}

function writeAttribute(w: BinaryWriter, name: string, attribute: Attribute): void {
  const type = (value: number) => w.tag(20, WireType.Varint).int32(value);
  strings(w, 1, [name]);
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value);
      type(1);
      break;
    case 'int':
      w.tag(3, WireType.Varint).int64(attribute.value);
      type(2);
      break;
    case 'string':
      strings(w, 4, [attribute.value]);
      type(3);
      break;
    case 'graph':
      message(w, 6, () => writeGraph(w, attribute.value));
      type(5);
      break;
    case 'ints':
      for (const value of attribute.value) w.tag(8, WireType.Varint).int64(value);
      type(7);
      break;
  }
}

function writeTensor(w: BinaryWriter, tensor: Tensor): void {
  for (const size of tensor.shape) w.tag(1, WireType.Varint).int64(size);
  w.tag(2, WireType.Varint).int32(tensor.type);
  strings(w, 8, [tensor.name]);
  if (tensor.data instanceof Uint8Array) {
    w.tag(9, WireType.LengthDelimited).bytes(tensor.data);
    return;
  }
  const { file, offset, byteLength, prepacked } = tensor.data;
  const entries = { location: file, offset: `${offset}`, length: `${byteLength}`, prepacked_0: prepacked };
  for (const [key, value] of Object.entries(entries)) {
    if (value === undefined) continue;
    message(w, 13, () => {
      strings(w, 1, [key]);
      strings(w, 2, [value]);
    });
  }
  w.tag(14, WireType.Varint).int32(1); // data_location = EXTERNAL
}

function writeValue(w: BinaryWriter, value: Value): void {
  strings(w, 1, [value.name]);
  message(w, 2, () => {
    if (value.sequence) message(w, 4, () => message(w, 1, () => writeTensorType(w, value)));
    else writeTensorType(w, value);
  });
}

function writeTensorType(w: BinaryWriter, value: Value): void {
  message(w, 1, () => {
    w.tag(1, WireType.Varint).int32(value.type);
    const { shape } = value;
    if (!shape) return;
    message(w, 2, () => {
      for (const size of shape) {
        message(w, 1, () => {
          if (typeof size === 'number') w.tag(1, WireType.Varint).int64(size);
          else strings(w, 2, [size]);
        });
      }
    });
  });
}
