import { RerankitError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';

/** `FILE_FAILED` for an error of the system; any other as it is. */
export function fileError(doing: 'read' | 'write', path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  return new RerankitError('FILE_FAILED', `Cannot ${doing} ${path}: ${error.message}.`, { cause: error });
}
