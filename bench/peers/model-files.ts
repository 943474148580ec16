import { rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CACHE, ROOT } from '../paths.ts';
import { type GgufType, writeGguf } from './gguf/write.ts';
import { exportOnnx } from './onnx/export.ts';
import type { Contender } from './protocol.ts';
import type { Source } from './source.ts';

/** What the contender loads: the checkpoint itself, or a file or folder with the same weights that is written if absent. */
export async function modelFileOf({ engine, variant, task }: Contender, source: Source): Promise<string> {
  if (engine === 'rerankit') return source.folder;
  const name = source.folder === join(ROOT, 'models', 'default') ? 'embedded' : basename(source.folder);
  if (engine === 'node-llama-cpp') {
    const path = join(CACHE, `${name}-${variant}.gguf`);
    return unlessThere(path, (unfinished) => writeGguf(source, variant as GgufType, unfinished));
  }
  if (task === 'embedding') {
    return unlessThere(join(CACHE, `${name}-features`), (unfinished) => exportOnnx(source, 'features', unfinished));
  }
  return unlessThere(join(CACHE, `${name}-causal-lm`), (unfinished) => exportOnnx(source, 'causal-lm', unfinished));
}

/** What has its final name is complete. */
async function unlessThere(path: string, write: (unfinished: string) => Promise<void>): Promise<string> {
  if (await stat(path).catch(() => undefined)) return path;
  console.log(`Writing ${path} …`);
  const unfinished = `${path}.${process.pid}`;
  try {
    await write(unfinished);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}
