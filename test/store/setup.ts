import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CompiledStore, type EntryWriter, entryKey, type ObtainOptions } from '../../src/store/index.ts';
import { scratch } from '../model/scratch.ts';

export const KEY = entryKey({ model: 'tiny' });
export const OTHER = entryKey({ model: 'other' });

/** Content that does not repeat within the blocks that are sampled. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0, state = seed; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A store in a fresh folder, with a build of two files that counts how often it ran. */
export async function useStore(options: { maxBytes?: number; bytes?: number } = {}) {
  const folder = await scratch();
  const store = new CompiledStore({ folder, ...options });
  const weights = bytesOf(options.bytes ?? 10_000);
  let builds = 0;
  const build = async (entry: EntryWriter) => {
    builds++;
    const file = await entry.create('weights.bin');
    await file.write(weights);
    await file.close();
    // As ONNX Runtime does.
    await writeFile(join(entry.folder, 'model.onnx'), 'graph');
    return { inputs: ['ids'] };
  };
  return {
    folder,
    store,
    build,
    weights,
    entry: (key = KEY) => join(folder, 'compiled', 'entries', key),
    builds: () => builds,
    obtain: (key = KEY, more: ObtainOptions = {}) => store.obtain(key, build, more),
    /** Names of everything half-built or in use. */
    leftovers: async () => {
      const names = await Promise.all(
        ['building', 'uses', 'locks'].map((name) => list(join(folder, 'compiled', name))),
      );
      return names.flat();
    },
    intact: async (key = KEY) =>
      (await readFile(join(folder, 'compiled', 'entries', key, 'weights.bin'))).equals(weights),
  };
}

export async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
