import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Where a saved model keeps the bytes of its initialisers: the entries of `external_data`, by tensor name. */
export function readExternalData(model: Uint8Array): Map<string, ReadonlyMap<string, string>> {
  const tensors = new Map<string, ReadonlyMap<string, string>>();
  // ModelProto.graph = 7, GraphProto.initializer = 5, TensorProto.name = 8 and external_data = 13.
  for (const graph of messages(model, 7)) {
    for (const tensor of messages(graph, 5)) {
      const [name] = messages(tensor, 8);
      const entries = messages(tensor, 13).map((entry): [string, string] => [text(entry, 1), text(entry, 2)]);
      if (name) tensors.set(new TextDecoder().decode(name), new Map(entries));
    }
  }
  return tensors;
}

/** All values of a length-delimited field. */
function messages(message: Uint8Array, field: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
}

function text(message: Uint8Array, field: number): string {
  const [value = new Uint8Array()] = messages(message, field);
  return new TextDecoder().decode(value);
}
