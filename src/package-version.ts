import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isJsonObject } from './model/json-file.ts';

/**
 * This package's own version, from its package.json, which lies above both the sources and the built files; `unknown` where
 * there is none, as in a program that was bundled.
 */
export function packageVersion(): string {
  try {
    const path = createRequire(import.meta.url).resolve('rerankit/package.json');
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isJsonObject(json) && typeof json['version'] === 'string' ? json['version'] : 'unknown';
  } catch {
    return 'unknown';
  }
}
