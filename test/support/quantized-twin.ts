import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { copyTokenizer } from './seeded-checkpoint.ts';

/** The scheme that `rerankit` reads, as `compressed-tensors` writes it. */
export const INT8_ROWS = {
  quant_method: 'compressed-tensors',
  format: 'int-quantized',
  config_groups: {
    group_0: {
      targets: ['Linear', 'Embedding'],
      weights: { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel', dynamic: false },
    },
  },
};

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Quantizes an F32 checkpoint (its matrices to I8 with an F32 scale a row) into `quantized`, and writes what the
 * quantized weights stand for as an F32 checkpoint into `plain`: two models of equal scores.
 */
export async function writeQuantizedTwins(source: string, quantized: string, plain: string): Promise<void> {
  const tensors = await readSafetensors(join(source, 'model.safetensors'));
  const file = await readFile(join(source, 'model.safetensors'));
  const small = new Map<string, Entry>();
  const large = new Map<string, Entry>();
  for (const { name, shape, offset, byteLength } of tensors.values()) {
    const values = new Float32Array(file.buffer.slice(file.byteOffset + offset, file.byteOffset + offset + byteLength));
    const [rows = 0, columns = 0] = shape;
    if (shape.length === 2) {
      const integers = new Int8Array(values.length);
      const scales = new Float32Array(rows);
      for (let row = 0; row < rows; row++) {
        const part = values.subarray(row * columns, (row + 1) * columns);
        const scale = Math.fround(part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
        scales[row] = scale;
        for (const [column, value] of part.entries()) {
          const integer = Math.round(value / scale);
          integers[row * columns + column] = integer;
          part[column] = integer * scale;
        }
      }
      small.set(name, { dtype: 'I8', shape, bytes: new Uint8Array(integers.buffer) });
      small.set(`${name}_scale`, { dtype: 'F32', shape: [rows, 1], bytes: new Uint8Array(scales.buffer) });
    } else {
      small.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
    }
    large.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
  }
  const config = JSON.parse(await readFile(join(source, 'config.json'), 'utf8'));
  await writeCheckpoint(quantized, { ...config, quantization_config: INT8_ROWS }, small);
  await writeCheckpoint(plain, config, large);
}

async function writeCheckpoint(directory: string, config: object, tensors: ReadonlyMap<string, Entry>): Promise<void> {
  await mkdir(directory, { recursive: true });
  await copyTokenizer(directory);
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const parts = [length, header, ...[...tensors.values()].map(({ bytes }) => bytes)];
  await writeFile(join(directory, 'model.safetensors'), Buffer.concat(parts));
}
