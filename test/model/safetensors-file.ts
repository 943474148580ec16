/** What a test puts into a safetensors file: name, type, shape. The data is zero unless given. */
export interface FakeTensor {
  readonly dtype?: string;
  readonly shape: readonly number[];
  readonly data?: Uint8Array;
}

const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1, F64: 8 };

/** A sound safetensors file. */
export function safetensorsFile(tensors: Readonly<Record<string, FakeTensor>>): Buffer {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype = 'BF16', shape, data: given }] of Object.entries(tensors)) {
    const bytes = given ?? new Uint8Array(shape.reduce((product, size) => product * size, BYTES[dtype] ?? 1));
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    data.push(bytes);
  }
  return withHeader(JSON.stringify(header), Buffer.concat(data));
}

/** A file with any header whatever. */
export function withHeader(header: string | Uint8Array, data: Uint8Array): Buffer {
  const bytes = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([prefix, bytes, data]);
}
