import { constants } from 'node:fs';
import { access, lstat, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HUB_URL } from '@huggingface/hub';
import { readSettings } from '../../model/hub/settings.ts';
import { listEntries } from '../../store/entries.ts';
import { compiledFolder } from '../../store/folder.ts';
import { StoreLayout } from '../../store/layout.ts';
import { withoutHome } from './environment.ts';
import type { CacheReport } from './report.ts';

/** The folders that the library keeps models in. */
export async function cacheReports(env = process.env): Promise<CacheReport[]> {
  return [
    await reported('models of the Hub', async () => {
      // Its complaints about HF_ENDPOINT would show what is in there.
      const { cacheDir } = await readSettings({ endpoint: HUB_URL }, env);
      const names = (await readdir(cacheDir).catch(() => [])).filter((name) => name.startsWith('models--'));
      const sizes = await Promise.all(names.map((name) => treeBytes(join(cacheDir, name))));
      return { folder: cacheDir, models: names.length, bytes: sum(sizes) };
    }),
    await reported('compiled models', async () => {
      const folder = compiledFolder(undefined, env);
      const entries = await listEntries(new StoreLayout(folder));
      return { folder, models: entries.length, bytes: sum(entries.map(({ bytes }) => bytes)) };
    }),
  ];
}

async function reported(
  name: string,
  look: () => Promise<{ folder: string; models: number; bytes: number }>,
): Promise<CacheReport> {
  try {
    const { folder, models, bytes } = await look();
    const place = await nearestFolder(folder);
    const writable = await access(place, constants.W_OK).then(
      () => true,
      () => false,
    );
    const disk = await statfs(place).catch(() => undefined);
    const freeBytes = disk === undefined ? undefined : disk.bavail * disk.bsize;
    return { name, folder: withoutHome(folder), exists: place === folder, writable, models, bytes, freeBytes };
  } catch (error) {
    return { name, problem: withoutHome(error instanceof Error ? error.message : String(error)) };
  }
}

/** The folder, or the one above in which it would be made. */
async function nearestFolder(folder: string): Promise<string> {
  if (dirname(folder) === folder || (await stat(folder).catch(() => undefined)) !== undefined) return folder;
  return nearestFolder(dirname(folder));
}

/** Bytes of the files in a folder and below; links count for themselves, what cannot be read for nothing. */
async function treeBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? treeBytes(path) : ((await lstat(path).catch(() => undefined))?.size ?? 0);
    }),
  );
  return sum(sizes);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
