import { lstat, mkdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { buildEntry } from './build-entry.ts';
import { discard, evict, folderBytes, listEntries, removeUnused, type StoredEntry } from './entries.ts';
import type { BuildEntry } from './entry-writer.ts';
import { findThoroughly, touch } from './find-entry.ts';
import { inspect } from './inspect.ts';
import { isEntryKey } from './key.ts';
import { StoreLayout } from './layout.ts';
import { inStore, storeError } from './store-error.ts';
import type { CompiledStoreOptions, Found, ObtainOptions, OpenEntry } from './store-types.ts';
import { distrust } from './trust.ts';
import { claimUse, namesIn, sweep } from './uses.ts';

/** Longer than creating a session may block the builder's event loop, and with it the heartbeat. */
const STALE_MS = 60_000;
const DEFAULT_MAX_BYTES = 20_000_000_000;

/**
 * Compiled models on disk, shared by all processes of a user. An entry is whole or absent, is checked each time it is
 * opened, and is built anew if it is not exactly what was built. Nothing is read from or written to the disk before the
 * first call.
 */
export class CompiledStore {
  readonly folder: string;
  readonly maxBytes: number;
  readonly #layout: StoreLayout;

  constructor({ folder, maxBytes = DEFAULT_MAX_BYTES }: CompiledStoreOptions) {
    if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
      const expected = 'expected a number of bytes, 0 or more';
      throw new RerankitError('INVALID_OPTION', `maxBytes of compiled models is ${show(maxBytes)}; ${expected}.`);
    }
    this.folder = resolve(folder);
    this.maxBytes = maxBytes;
    this.#layout = new StoreLayout(this.folder);
  }

  /**
   * Opens the entry of `key`, or builds it, which one process does while others wait. Needs no write access if the entry
   * is there. Rejects with `CACHE_FAILED` if the folder cannot be used or is full, with the signal's reason, or with
   * what `build` rejects with.
   * @param key see {@link entryKey}
   */
  async obtain(key: string, build: BuildEntry, options: ObtainOptions = {}): Promise<OpenEntry> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const failure = await inStore(this.folder, () => this.#prepare());
    const use = failure === undefined ? await claimUse(this.#layout, key) : undefined;
    const release = async () => {
      if (use !== undefined) await rm(use, { force: true }).catch(() => undefined);
    };
    try {
      const found = (await this.#openQuickly(key, options)) ?? (await this.#openLocked(key, build, options, failure));
      const oversize = found.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) > this.maxBytes;
      return { ...found, folder: this.#layout.entry(key), oversize, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /**
   * Reads all of an entry, and resolves to what is wrong with it, or to `undefined` if it is as it was built. Takes about a
   * second a gigabyte.
   */
  async verify(key: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string | undefined> {
    checkKey(key);
    const found = await inStore(this.folder, () => findThoroughly(this.#layout, key, true, signal));
    return found.manifest === undefined ? (found.problem ?? 'there is no such entry') : undefined;
  }

  /** All entries, the one used longest ago first. They are not checked. */
  list(): Promise<StoredEntry[]> {
    return listEntries(this.#layout);
  }

  /** Bytes that all entries take. */
  async size(): Promise<number> {
    return (await this.list()).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Removes all entries but those that live processes use or build, and what crashed ones left behind. Touches nothing
   * else in the folder.
   * @returns bytes of entries that are gone, and of those that are not
   */
  async clear(): Promise<{ readonly removedBytes: number; readonly keptBytes: number }> {
    let [removedBytes, keptBytes] = [0, 0];
    for (const { key, bytes } of await this.list()) {
      if (await removeUnused(this.#layout, key)) removedBytes += bytes;
      else keptBytes += bytes;
    }
    await sweep(this.#layout);
    return { removedBytes, keptBytes };
  }

  /**
   * Makes the folders, and resolves to what the system says if it refuses: an entry may be there nevertheless. Rejects if
   * somebody else may have put it there.
   */
  async #prepare(): Promise<unknown> {
    const { root, entries, building, locks, uses } = this.#layout;
    let failure: unknown;
    try {
      for (const each of [root, entries, building, locks, uses]) await mkdir(each, { recursive: true, mode: 0o700 });
    } catch (error) {
      failure = error;
    }
    const stats = await stat(root).catch(() => undefined);
    const foreign = stats && distrust(stats);
    if (foreign !== undefined) {
      throw storeError(root, `${foreign}, who could put models there`, 'Change its owner, or chmod it to 700');
    }
    return failure;
  }

  /** The usual way, without the lock. Resolves to `undefined` if there is more to do than a glance. */
  async #openQuickly(key: string, { check }: ObtainOptions): Promise<Found | undefined> {
    if (check === 'full') return undefined;
    return inStore(this.folder, async () => {
      // Somebody is replacing or evicting it: see `removeUnused`.
      const locked = await lstat(this.#layout.lock(key)).catch(() => undefined);
      const found = locked === undefined ? await inspect(this.#layout.entry(key), key) : undefined;
      if (found?.state !== 'whole') return undefined;
      await touch(this.#layout.entry(key));
      return { manifest: found.manifest, built: false };
    });
  }

  async #openLocked(key: string, build: BuildEntry, options: ObtainOptions, failure: unknown): Promise<Found> {
    const layout = this.#layout;
    const waiting = async () => options.onWaiting?.(await this.#bytesBuilding(key));
    // The builder's own errors must not look like the store's.
    const outcome = await inStore(this.folder, async () => {
      if (failure !== undefined) throw failure;
      const work = () => this.#findOrBuild(key, build, options).catch((error: unknown) => ({ error }));
      return withLock(layout.lock(key), { signal: options.signal, staleMs: STALE_MS, waiting }, work);
    }).catch(async (error: unknown) => {
      // Read-only for this process: what is there may still be sound.
      if (!RerankitError.isInstance(error, 'CACHE_FAILED')) throw error;
      const found = await findThoroughly(layout, key, options.check === 'full', options.signal).catch(() => undefined);
      options.signal?.throwIfAborted();
      if (found?.manifest === undefined) throw error;
      return { manifest: found.manifest, built: false };
    });
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }

  async #findOrBuild(key: string, build: BuildEntry, options: ObtainOptions): Promise<Found> {
    const { signal, expectedBytes = 0, check } = options;
    const { folder, maxBytes } = this;
    const layout = this.#layout;
    const found = await inStore(folder, async () => {
      const result = await findThoroughly(layout, key, check === 'full', signal);
      if (result.manifest === undefined) await discard(layout, key);
      else await touch(layout.entry(key));
      return result;
    });
    if (found.manifest !== undefined) return { manifest: found.manifest, built: false };
    const manifest = await buildEntry({ layout, key, build, folder, maxBytes, expectedBytes, signal });
    // Whoever cannot tidy up has a sound entry all the same.
    await evict(layout, maxBytes, key).catch(() => undefined);
    return { manifest, built: true, replaced: found.problem };
  }

  async #bytesBuilding(key: string): Promise<number> {
    const names = (await namesIn(this.#layout.building)).filter((name) => name.startsWith(`${key}.`));
    const bytes = await Promise.all(names.map((name) => folderBytes(join(this.#layout.building, name))));
    return Math.max(0, ...bytes);
  }
}

function checkKey(key: string): void {
  // A path is made of it.
  if (typeof key !== 'string' || !isEntryKey(key)) {
    throw new RerankitError('INVALID_OPTION', `The key ${show(key)} is not one of entryKey(): 64 hexadecimal digits.`);
  }
}
