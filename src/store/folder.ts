import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { type Environment, expandPath } from '../files/expand-path.ts';

/**
 * The folder that compiled models are cached in, absolute: `option`, else `RERANKIT_CACHE`, else `rerankit` in
 * `XDG_CACHE_HOME`, else the system's own place (`~/.cache/rerankit`, `~/Library/Caches/rerankit` on macOS,
 * `%LOCALAPPDATA%\rerankit\Cache` on Windows). Throws `INVALID_OPTION` for an option that is no path, `CACHE_FAILED` if
 * nothing is set and the user has no home.
 * @param option `compiledDir`; relative paths count from the working directory
 */
export function compiledFolder(
  option: string | undefined,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (option !== undefined && (typeof option !== 'string' || option === '' || option.includes('\0'))) {
    throw new RerankitError('INVALID_OPTION', `compiledDir is ${show(option)}; expected the path of a folder.`);
  }
  const { resolve, join, isAbsolute } = platform === 'win32' ? win32 : posix;
  if (option !== undefined) return resolve(option);
  // An empty variable is taken as unset: containers often set them so.
  if (env['RERANKIT_CACHE']) return resolve(expandPath(env['RERANKIT_CACHE'], env));
  const xdg = expandPath(env['XDG_CACHE_HOME'] ?? '', env);
  // Its specification says to ignore relative paths.
  if (isAbsolute(xdg)) return join(xdg, 'rerankit');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] || join(home(env), 'AppData', 'Local'), 'rerankit', 'Cache');
  return platform === 'darwin'
    ? join(home(env), 'Library', 'Caches', 'rerankit')
    : join(home(env), '.cache', 'rerankit');
}

/** Containers run under user numbers that no home is known of. */
function home(env: Environment): string {
  try {
    return env['HOME'] || homedir();
  } catch (cause) {
    const message = 'No cache folder for compiled models: the user has no home. Set RERANKIT_CACHE or compiledDir.';
    throw new RerankitError('CACHE_FAILED', message, { cause });
  }
}
