import { type FileHandle, open, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFileName, type EntryWriter } from './entry-writer.ts';
import { fullHash, sampleHash, stampOf } from './fingerprint.ts';
import type { JsonRecord } from './json.ts';
import { FORMAT, formatManifest, MANIFEST, type Manifest, type ManifestFile } from './manifest.ts';

/**
 * Writes the manifest of what was built, with everything brought to the disk before: a power cut after the folder gets
 * its final name must not find names without content. Files that the writer hashed on the way are not read again.
 */
export async function seal(entry: EntryWriter, key: string, details: JsonRecord): Promise<Manifest> {
  await entry.close();
  const files: ManifestFile[] = [];
  for (const item of await readdir(entry.folder, { withFileTypes: true })) {
    checkFileName(item.name);
    if (!item.isFile()) throw new Error(`The build left ${item.name}, which is not an ordinary file.`);
    files.push(await sealFile(entry, item.name));
  }
  const manifest: Manifest = { format: FORMAT, key, created: new Date().toISOString(), files, details };
  await writeSynced(join(entry.folder, MANIFEST), formatManifest(manifest));
  await syncFolder(entry.folder);
  return manifest;
}

async function sealFile(entry: EntryWriter, name: string): Promise<ManifestFile> {
  // Windows brings only files to the disk that are open for writing.
  await using handle = await open(join(entry.folder, name), 'r+');
  const known = entry.file(name)?.closed;
  let stamp = await currentStamp(handle);
  let sha256 = known?.stamp === stamp ? known.sha256 : undefined;
  if (sha256 === undefined) {
    await handle.chmod(0o600);
    await handle.datasync();
    stamp = await currentStamp(handle);
    sha256 = await fullHash(handle, entry.signal);
  }
  const { size: bytes } = await handle.stat();
  return { name, bytes, sha256, sample: await sampleHash(handle, bytes), stamp };
}

/**
 * Notes that files which were copied or touched have been found whole, so that they need not be read again. The new
 * manifest replaces the old one at once.
 * @param temporary a free path on the same disk
 */
export async function restamp(folder: string, manifest: Manifest, temporary: string): Promise<Manifest> {
  const files: ManifestFile[] = [];
  for (const file of manifest.files) {
    await using handle = await open(join(folder, file.name), 'r');
    files.push({ ...file, stamp: await currentStamp(handle) });
  }
  const renewed = { ...manifest, files };
  await writeSynced(temporary, formatManifest(renewed));
  await rename(temporary, join(folder, MANIFEST));
  return renewed;
}

/** Brings the names in a folder to the disk, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // Windows opens no folders, and some network disks sync none.
  }
}

async function currentStamp(handle: FileHandle): Promise<string> {
  return stampOf(await handle.stat({ bigint: true }));
}

function writeSynced(path: string, text: string): Promise<void> {
  return writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
}
