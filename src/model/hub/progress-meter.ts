import type { OnDownloadProgress } from '../progress.ts';
import type { RemoteFile } from './repository.ts';

/** Time between two events, in milliseconds: often enough for a smooth bar, seldom enough for a log. */
const INTERVAL_MS = 100;

/** Adds up the bytes of several files and reports them, see `DownloadProgress`. */
export class ProgressMeter {
  readonly #report: OnDownloadProgress | undefined;
  readonly #totalBytes: number;
  readonly #loaded = new Map<string, number>();
  #next = 0;

  constructor(files: readonly RemoteFile[], report: OnDownloadProgress | undefined) {
    this.#report = report;
    this.#totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Takes the number of a file's bytes that are on disk. */
  update({ path, size }: RemoteFile, loaded: number): void {
    const before = this.#loaded.get(path);
    this.#loaded.set(path, loaded);
    const now = performance.now();
    const completed = loaded === size && before !== size;
    if (this.#report === undefined || (now < this.#next && !completed)) return;
    this.#next = now + INTERVAL_MS;
    this.#report({
      phase: 'download',
      file: path,
      fileLoadedBytes: loaded,
      fileTotalBytes: size,
      loadedBytes: [...this.#loaded.values()].reduce((sum, bytes) => sum + bytes, 0),
      totalBytes: this.#totalBytes,
    });
  }
}
