import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  /** Called with what was written so far, at every piece. */
  readonly onOutput?: (stderrAndStdout: string, child: ReturnType<typeof spawn>) => void;
  /** Called when the process has been started. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the command as a process of its own, and resolves when it has ended, however it did. */
export function command(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { stdin, env, cwd, onOutput, onStart } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...process.env, DEBUG: '', ...env } });
    const written = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        written[name] += text;
        onOutput?.(written.stderr + written.stdout, child);
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...written }));
    child.stdin.on('error', () => {}); // It may end before it has read all.
    child.stdin.end(stdin ?? '');
    onStart?.(child);
  });
}

/** The values of JSON Lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
