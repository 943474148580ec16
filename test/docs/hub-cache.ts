import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MARKERS } from '../embedding/markers.ts';
import { exportFiles } from '../onnx-exports/export-folder.ts';
import { ROOT } from './blocks.ts';

const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const COMMIT = '0'.repeat(40);

/** What is to be in the cache, by names of repositories. */
export interface HubModels {
  /** Each holds the model of this package. */
  readonly rerankers: readonly string[];
  /** Each holds a small export. */
  readonly crossEncoders: readonly string[];
  /** Each holds the model of this package with the files of an embedding model. */
  readonly embedders: readonly string[];
}

/** A cache folder of the Hub, so that code which names models runs without a network and without gigabytes. */
export function hubCacheWith({ rerankers, crossEncoders, embedders }: HubModels): string {
  const cache = mkdtempSync(join(tmpdir(), 'rerankit-docs-'));
  for (const repository of crossEncoders) {
    const snapshot = snapshotOf(cache, repository);
    write(snapshot, exportFiles('bert', { 'onnx/model.onnx': 'model.onnx' }));
  }
  for (const repository of [...rerankers, ...embedders]) {
    const snapshot = snapshotOf(cache, repository);
    for (const file of FILES) symlinkSync(join(ROOT, 'models', 'default', file), join(snapshot, file));
    if (embedders.includes(repository)) write(snapshot, MARKERS);
  }
  return cache;
}

/** Writes files by name; objects as JSON. */
function write(folder: string, files: Readonly<Record<string, string | Uint8Array | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const isBytes = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, name), isBytes ? content : JSON.stringify(content));
  }
}

function snapshotOf(cache: string, repository: string): string {
  const folder = join(cache, `models--${repository.replaceAll('/', '--')}`);
  const snapshot = join(folder, 'snapshots', COMMIT);
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(folder, 'refs'));
  writeFileSync(join(folder, 'refs', 'main'), COMMIT);
  return snapshot;
}
