import { open } from 'node:fs/promises';
import { RerankitError, show } from '../errors.ts';

/** JSON as it comes from a file nobody has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Configs take kilobytes; the index of the largest sharded models takes some 60 MB. */
const MAX_BYTES = 100_000_000;

/** Whether `value` is what JSON writes as `{…}`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file of at most 100 MB.
 * Rejects with `MODEL_NOT_FOUND` if it cannot be opened, `MODEL_INVALID` if it is not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readJsonBytes(path), path);
}

/** The bytes of such a file. Rejects with `MODEL_NOT_FOUND`, or `MODEL_INVALID` if it is too large. */
export async function readJsonBytes(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MAX_BYTES) {
      throw new RerankitError('MODEL_INVALID', `${path} has ${size} bytes; at most ${MAX_BYTES} are read as JSON.`);
    }
    return await file.readFile();
  } catch (cause) {
    if (RerankitError.isInstance(cause)) throw cause;
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${path}: ${reason(cause)}.`, { cause });
  }
}

/** Parses a file's bytes. Throws `MODEL_INVALID` if they are not JSON. */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const sample = show(text.slice(0, 40));
    throw new RerankitError('MODEL_INVALID', `${path} is not JSON (it begins with ${sample}): fetch it again.`, {
      cause,
    });
  }
}

/** {@link readJson} for files that must hold an object. */
export async function readJsonObject(path: string): Promise<JsonObject> {
  const value = await readJson(path);
  if (!isJsonObject(value)) {
    throw new RerankitError('MODEL_INVALID', `${path} must hold a JSON object, not ${show(value)}.`);
  }
  return value;
}

/** The short reason in a system error. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
