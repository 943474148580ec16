import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './blocks.ts';

const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const COMMIT = '0'.repeat(40);

/**
 * A cache folder of the Hub in which each of `repositories` holds the model of this package, so that code which names
 * them runs without a network and without gigabytes.
 */
export function hubCacheWith(repositories: readonly string[]): string {
  const cache = mkdtempSync(join(tmpdir(), 'rerankit-docs-'));
  for (const repository of repositories) {
    const folder = join(cache, `models--${repository.replaceAll('/', '--')}`);
    const snapshot = join(folder, 'snapshots', COMMIT);
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(folder, 'refs'));
    writeFileSync(join(folder, 'refs', 'main'), COMMIT);
    for (const file of FILES) symlinkSync(join(ROOT, 'models', 'default', file), join(snapshot, file));
  }
  return cache;
}
