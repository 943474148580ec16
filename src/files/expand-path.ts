import { homedir } from 'node:os';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Replaces a leading `~`, `$NAME` and `${NAME}`, as a shell would: container files hand paths on unexpanded. */
export function expandPath(path: string, env: Environment): string {
  const home = path.replace(/^~(?=$|[\\/])/, () => homedir());
  return home.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (all, plain?: string, braced?: string) => env[plain ?? braced ?? ''] ?? all,
  );
}
