import type { MicroBatch, MicroBatchRow } from '../engine.ts';
import type { RunRequest } from './protocol.ts';

/**
 * Flattens a micro-batch for the worker. Rows are often views of larger buffers, which cloning one by one would copy
 * whole, each time.
 */
export function toRunRequest(batch: MicroBatch): RunRequest {
  const parts = [...batch.prefixes, ...batch.rows.map((row) => row.tokens)];
  const tokens = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return {
    tokens,
    prefixLengths: Int32Array.from(batch.prefixes, (prefix) => prefix.length),
    rowLengths: Int32Array.from(batch.rows, (row) => row.tokens.length),
    rowPrefixes: Int32Array.from(batch.rows, (row) => row.prefix),
  };
}

/** The reverse, in the worker, as views of the flat array. */
export function fromRunRequest({ tokens, prefixLengths, rowLengths, rowPrefixes }: RunRequest): MicroBatch {
  let at = 0;
  const take = (length: number): Int32Array => {
    at += length;
    return tokens.subarray(at - length, at);
  };
  const prefixes = Array.from(prefixLengths, take);
  const rows = Array.from(
    rowLengths,
    (length, row): MicroBatchRow => ({ prefix: rowPrefixes[row] ?? 0, tokens: take(length) }),
  );
  return { prefixes, rows };
}
