/** An error of the operating system, as Node's file functions throw it. */
export type SystemError = Error & { readonly code: string; readonly path?: unknown };

/** Whether `error` came from the operating system; with `codes`, whether it is one of these, such as `ENOENT`. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return codes.length === 0 ? 'syscall' in error : codes.includes(error.code);
}
