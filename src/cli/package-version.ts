import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isJsonObject } from '../model/json-file.ts';

/** This package's own version, from its package.json, which lies above both the sources and the built files. */
export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  const json: unknown = JSON.parse(readFileSync(require.resolve('rerankit/package.json'), 'utf8'));
  return isJsonObject(json) && typeof json['version'] === 'string' ? json['version'] : 'unknown';
}
