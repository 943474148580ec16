import { createHash } from 'node:crypto';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../model/json-file.ts';
import { canonicalJson, type JsonRecord } from './json.ts';

/** Raised with every change of the manifest's form or of what is checked; entries of other formats are rebuilt. */
export const FORMAT = 1;
export const MANIFEST = 'manifest.json';
const MAX_BYTES = 1 << 20;

/** A file of an entry, as it was when the entry was made. */
export interface ManifestFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of all its bytes. */
  readonly sha256: string;
  /** SHA-256 of {@link sampleHash}'s blocks. */
  readonly sample: string;
  /** Size, times of change and inode ({@link stampOf}): as long as these are the same, nobody has written to it. */
  readonly stamp: string;
}

/** What `manifest.json` of an entry says. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly key: string;
  /** ISO 8601. */
  readonly created: string;
  readonly files: readonly ManifestFile[];
  /** What the builder wanted remembered. */
  readonly details: JsonRecord;
}

/** Plain names that mean one file on every platform. */
export function isFileName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9_-])?$/i.test(name) && name.toLowerCase() !== MANIFEST;
}

/** The text of a manifest. Its last key is a hash of the rest, so that an edit shows. Throws if it is over 1 MiB. */
export function formatManifest(manifest: Manifest): string {
  const { format, key, created, details } = manifest;
  const files = manifest.files.map((file) => ({ ...file }));
  const text = JSON.stringify({ format, key, created, files, details, digest: digest(manifest) }, undefined, 1);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new RangeError(`The manifest would have ${Buffer.byteLength(text)} bytes, at most ${MAX_BYTES} are read.`);
  }
  return text;
}

/** Reads the manifest of an entry, or says why it is none. Rejects with the system's error. */
export async function readManifest(folder: string, key: string): Promise<Manifest | string> {
  const path = join(folder, MANIFEST);
  // Looked at before it is opened: opening a named pipe waits for ever.
  const stats = await lstat(path);
  if (!stats.isFile()) return 'its manifest is not an ordinary file';
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size > MAX_BYTES) return `its manifest has ${size} bytes, more than ${MAX_BYTES}`;
  return parseManifest(await file.readFile('utf8'), key);
}

/** The manifest in `text`, or why it is none of the entry `key`. */
export function parseManifest(text: string, key: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its manifest is not JSON';
  }
  if (!isJsonObject(value)) return 'its manifest is not a JSON object';
  const { format, key: ownKey, created, files, details } = value;
  if (format !== FORMAT) return `its format is ${JSON.stringify(format)}, not ${FORMAT}`;
  if (ownKey !== key) return 'its manifest names another key';
  if (typeof created !== 'string' || !isJsonObject(details)) return 'its manifest lacks fields';
  if (!Array.isArray(files) || !files.every(isManifestFile))
    return 'its manifest names files in a form that is not ours';
  if (new Set(files.map(({ name }) => name.toLowerCase())).size !== files.length)
    return 'its manifest names a file twice';
  // What JSON.parse returned holds JSON values and nothing else.
  const manifest: Manifest = { format, key, created, files, details: details as JsonRecord };
  return value['digest'] === digest(manifest) ? manifest : 'its manifest was edited';
}

function isManifestFile(value: unknown): value is ManifestFile {
  if (!isJsonObject(value)) return false;
  const { name, bytes, sha256, sample, stamp } = value;
  const hashes = [sha256, sample].every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash));
  const size = Number.isSafeInteger(bytes) && Number(bytes) >= 0;
  return typeof name === 'string' && isFileName(name) && size && hashes && typeof stamp === 'string';
}

function digest({ format, key, created, files, details }: Manifest): string {
  const plain = files.map(({ name, bytes, sha256, sample, stamp }) => ({ name, bytes, sha256, sample, stamp }));
  return createHash('sha256')
    .update(canonicalJson({ format, key, created, files: plain, details }))
    .digest('hex');
}
