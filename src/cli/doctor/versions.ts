import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isJsonObject } from '../../model/json-file.ts';
import { packageVersion } from '../../package-version.ts';

/** Versions of what takes part in a run. */
export function versions(): Record<string, string> {
  return {
    rerankit: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    'onnxruntime-node': installedVersion('onnxruntime-node'),
    '@huggingface/hub': installedVersion('@huggingface/hub'),
    '@huggingface/tokenizers': installedVersion('@huggingface/tokenizers'),
  };
}

/** From the nearest package.json above its entry, which packages need not export. */
function installedVersion(name: string): string {
  try {
    const start = dirname(createRequire(import.meta.url).resolve(name));
    for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
      const json = readJson(join(folder, 'package.json'));
      if (isJsonObject(json) && json['name'] === name && typeof json['version'] === 'string') return json['version'];
    }
    return 'unknown';
  } catch {
    return 'not installed';
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
