import { CommanderError } from 'commander';
import { RerankitError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';
import type { Io } from './io.ts';
import { oneLine } from './terminal/visible.ts';

/** Exit codes of the command. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The command was called wrongly. */
export class UsageError extends Error {}

/** Why a command ends before it is done, without a word: a signal, or nobody reads its output any more. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(why: string, exitCode: number) {
    super(`The command was ended: ${why}.`);
    this.exitCode = exitCode;
  }
}

/** Says in one line what went wrong, with the stack only if DEBUG is set. Returns the exit code. */
export function reportFailure(error: unknown, { stderr, env }: Pick<Io, 'stderr' | 'env'>): number {
  if (error instanceof Stopped) return error.exitCode;
  // `rerankit … | head`: whoever reads has had enough.
  if (isSystemError(error, 'EPIPE')) return EXIT.done;
  // It has printed already what there is to say.
  if (error instanceof CommanderError) return isRequest(error) ? EXIT.done : EXIT.usage;
  stderr.write(`rerankit: ${oneLine(describe(error))}\n`);
  if (env['DEBUG']) stderr.write(`${stackOf(error)}\n`);
  return isUsage(error) ? EXIT.usage : EXIT.failed;
}

/** `--help` and `--version` end a command too. */
function isRequest({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.version';
}

function isUsage(error: unknown): boolean {
  return error instanceof UsageError || RerankitError.isInstance(error, 'INVALID_OPTION');
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `INVALID_OPTION: ${error.message}`;
  if (RerankitError.isInstance(error)) return `${error.code}: ${error.message}`;
  // Its message begins with its code.
  if (isSystemError(error)) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `unexpected error: ${message} (DEBUG=1 shows where)`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(error.cause)}`;
}
