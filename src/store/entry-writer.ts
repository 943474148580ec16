import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { show } from '../errors.ts';
import { EntryFile } from './entry-file.ts';
import type { JsonRecord } from './json.ts';
import { isFileName } from './manifest.ts';
import { buildError, inStore } from './store-error.ts';

/**
 * Writes the files of an entry, and may resolve to details to keep in its manifest (under 1 MiB as JSON). It should end
 * soon after `entry.signal` is aborted; nothing it wrote stays then, nor when it rejects.
 */
export type BuildEntry = (entry: EntryWriter) => Promise<JsonRecord | undefined>;

/** An entry in the making: a folder of its own, empty at first. */
export class EntryWriter {
  /** Absolute. Others, such as ONNX Runtime, may write into it too: ordinary files with plain names, no folders. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly #cacheFolder: string;
  readonly #files = new Map<string, EntryFile>();

  constructor(folder: string, cacheFolder: string, signal: AbortSignal | undefined) {
    this.folder = folder;
    this.signal = signal;
    this.#cacheFolder = cacheFolder;
  }

  /**
   * Begins a file, which must not exist yet. Rejects with `CACHE_FAILED` if the folder cannot be written.
   * @param name letters, digits, `.`, `_` and `-`; not `manifest.json`
   */
  async create(name: string): Promise<EntryFile> {
    checkFileName(name);
    return inStore(this.#cacheFolder, async () => {
      const handle = await open(join(this.folder, name), 'wx', 0o600);
      const file = new EntryFile(handle, this.#cacheFolder);
      this.#files.set(name, file);
      return file;
    });
  }

  /**
   * Gives `work` a folder for files on the way, which is gone afterwards. Rejects as `work` does, or with `CACHE_FAILED`
   * if it failed because the disk is full: native code says so in its own words, and there is room again once the folder
   * is gone.
   */
  async scratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await inStore(this.#cacheFolder, () => mkdtemp(join(this.folder, 'scratch-')));
    try {
      return await work(folder);
    } catch (error) {
      throw await buildError(this.#cacheFolder, error);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** The file that {@link create} began under this name. */
  file(name: string): EntryFile | undefined {
    return this.#files.get(name);
  }

  /** Closes what the builder left open. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  /** Closes all files, as they are. Never rejects. */
  async abandon(): Promise<void> {
    for (const file of this.#files.values()) await file.abandon();
  }
}

/** Throws for a name that an entry may not hold. */
export function checkFileName(name: string): void {
  if (isFileName(name)) return;
  const rule = 'expected up to 128 letters, digits, ".", "_" and "-", and not manifest.json';
  throw new RangeError(`${show(name)} cannot be a file of a compiled model; ${rule}.`);
}
