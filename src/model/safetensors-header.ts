import { RerankitError, show } from '../errors.ts';
import { findDuplicateKey } from './json-duplicates.ts';
import { isJsonObject } from './json-file.ts';
import { DTYPE_BITS, type Dtype } from './tensor-location.ts';

/** The format allows ten times as much; real headers take kilobytes, and reading one keeps the event loop busy. */
export const MAX_HEADER_BYTES = 10_000_000;

/** Bytes of the length prefix that stands before the header. */
export const PREFIX_BYTES = 8;

/** One entry of a header that has been checked; offsets count from the beginning of the file. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Parses the JSON header of a safetensors file and checks it against the file's size. The header is untrusted: whatever
 * it holds, this returns entries that tile the file's data exactly, or throws `MODEL_INVALID`.
 *
 * @param header the bytes after the length prefix
 * @param fileSize size of the whole file, in bytes
 * @param file what to call the file in errors
 */
export function parseSafetensorsHeader(header: Uint8Array, fileSize: number, file: string): HeaderEntry[] {
  const dataStart = PREFIX_BYTES + header.length;
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(parseHeaderJson(header, file))) {
    if (name === '__metadata__') checkMetadata(value, file);
    else entries.push(parseEntry(name, value, dataStart, file));
  }
  checkTiling(entries, dataStart, fileSize, file);
  return entries;
}

function parseHeaderJson(header: Uint8Array, file: string): object {
  // JSON cannot hold a byte order mark or begin with spaces here: the format wants `{` first.
  if (header[0] !== 0x7b) throw invalid(file, 'its header does not begin with "{"');
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'its header is not UTF-8 JSON', cause);
  }
  if (!isJsonObject(value)) throw invalid(file, 'its header is not a JSON object');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw invalid(file, `its header names ${show(duplicate)} twice`);
  return value;
}

function checkMetadata(value: unknown, file: string): void {
  if (!isJsonObject(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    throw invalid(file, 'its __metadata__ does not map strings to strings');
  }
}

function parseEntry(name: string, value: unknown, dataStart: number, file: string): HeaderEntry {
  const fail = (problem: string) => invalid(file, `tensor ${show(name)} ${problem}`);
  if (!isJsonObject(value)) throw fail(`is described by ${show(value)}, not by an object`);
  const dtype = own(value, 'dtype');
  const shape = own(value, 'shape');
  const offsets = own(value, 'data_offsets');
  if (!isDtype(dtype)) throw fail(`has the unknown dtype ${show(dtype)}`);
  if (!isSizes(shape)) throw fail('has a shape that is not a list of non-negative integers');
  if (!isSizes(offsets)) throw fail('has data_offsets that are not two non-negative integers');
  const [begin, end, ...more] = offsets;
  if (begin === undefined || end === undefined || more.length > 0 || end < begin) {
    throw fail(`has data_offsets [${offsets.slice(0, 4).join(', ')}], which are no range`);
  }
  const bits = elements(shape) * DTYPE_BITS[dtype];
  if (!Number.isSafeInteger(bits)) throw fail(`has the shape [${shape.slice(0, 8).join(', ')}], which is too large`);
  if (bits !== (end - begin) * 8) {
    throw fail(`takes ${end - begin} bytes, but ${dtype} [${shape.slice(0, 8).join(', ')}] needs ${bits / 8}`);
  }
  return { name, dtype, shape, offset: dataStart + begin, byteLength: end - begin };
}

/** The format allows neither gaps nor overlaps: with the entries in order, each begins where the one before ended. */
function checkTiling(entries: readonly HeaderEntry[], dataStart: number, fileSize: number, file: string): void {
  let end = dataStart;
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    if (entry.offset !== end) {
      const what = entry.offset < end ? 'overlaps the tensor before it' : `leaves a gap of ${entry.offset - end} bytes`;
      throw invalid(file, `tensor ${show(entry.name)} ${what}`);
    }
    end = entry.offset + entry.byteLength;
  }
  if (fileSize < end) {
    throw new RerankitError(
      'MODEL_INVALID',
      `${file} is truncated: ${end} bytes expected, ${fileSize} found. Fetch or copy it again.`,
    );
  }
  if (fileSize > end) throw invalid(file, `it has ${fileSize} bytes where its header accounts for ${end}`);
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BITS, value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function elements(shape: readonly number[]): number {
  // A zero anywhere makes the tensor empty, however large the other dimensions are.
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

function invalid(file: string, problem: string, cause?: unknown): RerankitError {
  return new RerankitError(
    'MODEL_INVALID',
    `${file} is not a sound safetensors file: ${problem}. Fetch or save it again.`,
    {
      cause,
    },
  );
}
