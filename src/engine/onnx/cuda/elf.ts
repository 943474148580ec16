import { closeSync, openSync, readSync } from 'node:fs';

/** Just enough of the ELF format to read which shared libraries a 64-bit little-endian library asks for. */
const MAGIC = 0x464c457f;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** The names of the libraries that `file` needs; `undefined` if it is no such library. */
export function neededLibraries(file: string): string[] | undefined {
  const descriptor = openSync(file, 'r');
  try {
    return read((offset, length) => {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, offset);
      return bytes;
    });
  } finally {
    closeSync(descriptor);
  }
}

function read(at: (offset: number, length: number) => Buffer): string[] | undefined {
  const header = at(0, 64);
  if (header.readUInt32LE(0) !== MAGIC || header[4] !== 2) return undefined;
  const table = Number(header.readBigUInt64LE(32));
  const entrySize = header.readUInt16LE(54);
  const segments = Array.from({ length: header.readUInt16LE(56) }, (_, index): Segment => {
    const entry = at(table + index * entrySize, 56);
    const number = (offset: number) => Number(entry.readBigUInt64LE(offset));
    return { type: entry.readUInt32LE(0), offset: number(8), address: number(16), size: number(32) };
  });
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return [];
  const entries = at(dynamic.offset, dynamic.size);
  const names: number[] = [];
  let strings = 0;
  for (let offset = 0; offset + 16 <= entries.length; offset += 16) {
    const tag = Number(entries.readBigInt64LE(offset));
    const value = Number(entries.readBigUInt64LE(offset + 8));
    if (tag === 0) break;
    if (tag === DT_NEEDED) names.push(value);
    if (tag === DT_STRTAB) strings = value;
  }
  const holder = segments.find(
    ({ type, address, size }) => type === PT_LOAD && strings >= address && strings < address + size,
  );
  if (holder === undefined) return [];
  const start = holder.offset + strings - holder.address;
  return names.map((name) => {
    const bytes = at(start + name, 256);
    return bytes.toString('latin1', 0, bytes.indexOf(0));
  });
}
