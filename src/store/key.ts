import { createHash } from 'node:crypto';
import { canonicalJson, type JsonRecord } from './json.ts';

/**
 * The name of what `parts` lead to: a SHA-256, in 64 hexadecimal digits, that does not depend on the order of keys.
 * Everything the compiled files depend on belongs in it: the sources ({@link identifySource}), the options, the versions
 * of this library and of ONNX Runtime, the processor ({@link processorIdentity}).
 */
export function entryKey(parts: JsonRecord): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

/** Whether `name` has the form of an {@link entryKey}. */
export function isEntryKey(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}
