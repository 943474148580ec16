import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exportFiles } from '../onnx-exports/export-folder.ts';
import { ROOT } from './blocks.ts';

const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const COMMIT = '0'.repeat(40);

/**
 * A cache folder of the Hub in which each of `repositories` holds the model of this package, and each of `crossEncoders` a
 * small export, so that code which names them runs without a network and without gigabytes.
 */
export function hubCacheWith(repositories: readonly string[], crossEncoders: readonly string[] = []): string {
  const cache = mkdtempSync(join(tmpdir(), 'rerankit-docs-'));
  for (const repository of crossEncoders) {
    const snapshot = snapshotOf(cache, repository);
    for (const [name, content] of Object.entries(exportFiles('bert', { 'onnx/model.onnx': 'model.onnx' }))) {
      mkdirSync(dirname(join(snapshot, name)), { recursive: true });
      writeFileSync(join(snapshot, name), content);
    }
  }
  for (const repository of repositories) {
    const snapshot = snapshotOf(cache, repository);
    for (const file of FILES) symlinkSync(join(ROOT, 'models', 'default', file), join(snapshot, file));
  }
  return cache;
}

function snapshotOf(cache: string, repository: string): string {
  const folder = join(cache, `models--${repository.replaceAll('/', '--')}`);
  const snapshot = join(folder, 'snapshots', COMMIT);
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(folder, 'refs'));
  writeFileSync(join(folder, 'refs', 'main'), COMMIT);
  return snapshot;
}
