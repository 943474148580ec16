import { fork } from 'node:child_process';
import { join } from 'node:path';
import { CACHE } from './paths.ts';

/** Where and how a child runs, if not from the bench's own folder and with this process' environment. */
interface ChildOptions {
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a measurement in a process of its own, so that memory and warm-up of one do not show in another. */
export function measure<Result>(script: string, request: unknown, options: ChildOptions = {}): Promise<Result> {
  const { folder = CACHE, env = process.env } = options;
  return new Promise((resolve, reject) => {
    const child = fork(join(folder, `${script}.js`), [JSON.stringify(request)], { env });
    let result: Result | undefined;
    child.on('message', (message) => {
      result = message as Result;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (result === undefined || code !== 0) reject(new Error(`${script} ended with ${signal ?? code}`));
      else resolve(result);
    });
  });
}

/** In the child: what `measure` was given. */
export function readRequest<Request>(): Request {
  return JSON.parse(process.argv[2] ?? '');
}

/** In the child: answers, and lets go of the parent so that the process can end. */
export function answer(result: unknown): void {
  process.send?.(result, () => process.disconnect());
}
