/** A shared library that does nothing but need others: header, two segments, dynamic section, names, and `extra` text. */
export function elfFile(needed: readonly string[], extra = ''): Buffer {
  const strings = ['', ...needed].map((name) => `${name}\0`).join('');
  const dynamicAt = 64 + 2 * 56;
  const stringsAt = dynamicAt + (needed.length + 2) * 16;
  const file = Buffer.concat([Buffer.alloc(stringsAt), Buffer.from(`${strings}${extra}\0`, 'latin1')]);
  file.writeUInt32LE(0x464c457f, 0);
  file[4] = 2; // 64 bits
  file.writeBigUInt64LE(64n, 32); // where the segments' table is
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  segment(1, 0, file.length, 0);
  segment(2, dynamicAt, stringsAt - dynamicAt, 1);
  let name = 1;
  for (const [index, library] of needed.entries()) {
    entry(index, 1, name);
    name += library.length + 1;
  }
  entry(needed.length, 5, stringsAt);
  return file;

  function segment(type: number, offset: number, size: number, index: number): void {
    const at = 64 + index * 56;
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(offset), at + 16);
    file.writeBigUInt64LE(BigInt(size), at + 32);
  }

  function entry(index: number, tag: number, value: number): void {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  }
}
