import type { Manifest } from './manifest.ts';

/** Where compiled models are kept, and how much of them. */
export interface CompiledStoreOptions {
  /** The cache folder; made when the first entry is built, for this user alone. See {@link compiledFolder}. */
  readonly folder: string;
  /**
   * Bytes that all entries together may take. Beyond, those used longest ago are removed; but never one in use, nor the
   * one just built: an entry that is larger by itself is kept until the next one is built.
   * @default 20_000_000_000
   */
  readonly maxBytes?: number;
}

/** How to open or build an entry. */
export interface ObtainOptions {
  /** Ends waiting, checking and building, with its own reason; nothing half-built stays. */
  readonly signal?: AbortSignal | undefined;
  /** Called several times a second while another process builds the entry, with the bytes it has written so far. */
  readonly onWaiting?: (bytes: number) => void;
  /** Bytes the entry will take, if known: room is made before, and a disk without it is refused before the work. */
  readonly expectedBytes?: number;
  /**
   * `quick` reads 2 MiB of each file, and all of it only if it was written, touched or copied since it was built;
   * `full` reads everything, at about 1 GB a second.
   * @default 'quick'
   */
  readonly check?: 'quick' | 'full';
}

/** An entry that was found whole, or built. */
export interface OpenEntry {
  /** Absolute. Nothing in it may be written. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether this call built it. */
  readonly built: boolean;
  /** Why an entry that lay there was not trusted and had to be built anew; for a warning. */
  readonly replaced?: string | undefined;
  /** Whether it exceeds `maxBytes` by itself; for a warning. */
  readonly oversize: boolean;
  /**
   * Lets the entry be evicted again. Call it when its files are closed and no longer mapped. Idempotent, never rejects; the
   * end of the process releases, too.
   */
  release(): Promise<void>;
}

/** An {@link OpenEntry} before it is handed out. */
export type Found = Pick<OpenEntry, 'manifest' | 'built' | 'replaced'>;
