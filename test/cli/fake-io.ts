import type { Io } from '../../src/cli/io.ts';

/** What a command wrote, without a process. */
export interface FakeIo extends Io {
  readonly out: string[];
  readonly err: string[];
}

export function fakeIo(given: { stdin?: readonly Uint8Array[]; env?: Io['env']; terminal?: boolean } = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const output = (lines: string[]) => ({
    isTTY: given.terminal === true,
    columns: 80,
    write: (text: string, done?: () => void) => {
      lines.push(text);
      done?.();
      return true;
    },
  });
  async function* bytes() {
    yield* given.stdin ?? [];
  }
  return {
    stdin: Object.assign(bytes(), { isTTY: given.stdin === undefined }),
    stdout: output(out),
    stderr: output(err),
    env: given.env ?? {},
    signal: new AbortController().signal,
    allowCleanUp: () => {},
    out,
    err,
  };
}
