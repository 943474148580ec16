import type { Environment } from '../files/expand-path.ts';

/** A stream that text is written to; `process.stdout` is one. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Returns false, or calls `done` late, when the reader is slow. */
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

/** What a command has to do with the world outside; tests bring their own. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** Aborted with a `Stopped` when the command is to end. */
  readonly signal: AbortSignal;
  /** Asks for so many milliseconds after the abort, for a command that has more to clean up than most. */
  readonly allowCleanUp: (ms: number) => void;
}

/** Writes, and waits until the reader has taken it, so that memory holds no more than one piece. */
export function writeOut(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
