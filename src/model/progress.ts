/** What loading a model reports. A union on `phase`: switch on it, and ignore phases you do not know. */
export type LoadProgress = DownloadProgress | PrepareProgress | CompileProgress;

/** A step that has no measurable parts begins: reading the tokenizer, then making the session (weights are read here). */
export interface PrepareProgress {
  readonly phase: 'tokenizer' | 'session';
}

/**
 * Weights are brought into the form they are computed in, which happens once for each model and `dtype`: the result is
 * kept on disk. `waiting` while another process does it.
 */
export interface CompileProgress {
  readonly phase: 'compile';
  readonly waiting: boolean;
  /** Bytes of the checkpoint's weights that are done. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/**
 * Bytes arriving from the Hub. Events come at most every 100 ms, and once more at the end of each file. Files that are
 * in the cache already count as loaded; a download that restarts from the beginning of a file moves backwards.
 */
export interface DownloadProgress {
  readonly phase: 'download';
  /** Path inside the repository of the file that is arriving, such as `model-00001-of-00002.safetensors`. */
  readonly file: string;
  /** Bytes of `file` on disk. */
  readonly fileLoadedBytes: number;
  /** Published size of `file`, in bytes. */
  readonly fileTotalBytes: number;
  /** Bytes on disk over all the model's files. */
  readonly loadedBytes: number;
  /** Published size of all the model's files, in bytes. */
  readonly totalBytes: number;
}

/** Receives {@link LoadProgress}. What it throws rejects the load. */
export type OnLoadProgress = (progress: LoadProgress) => void;

/** What the download takes: it reports nothing but bytes. Every {@link OnLoadProgress} is one. */
export type OnDownloadProgress = (progress: DownloadProgress) => void;
