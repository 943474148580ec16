import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const CORE = 'libonnxruntime.so.1';
/** Linux's flag for a library that stays when it is closed; Node closes what is no addon. */
const RTLD_NODELETE = 0x1000;

/**
 * ONNX Runtime looks for providers in the folder through which the process first loaded its core. This one is ours: it
 * holds links only, has one name for the whole process, and is removed when the process ends.
 */
export function coreFolder(): string {
  return join(tmpdir(), `rerankit-ort-${process.pid}`);
}

/**
 * Puts links to the core of onnxruntime-node and to `libraries` into {@link coreFolder}, and loads the core from there.
 * Providers are found in it only if nothing has loaded the core from elsewhere before.
 * @param binding the folder of onnxruntime-node's binding
 */
export function loadCore(binding: string, libraries: readonly string[]): void {
  const folder = coreFolder();
  makeOwn(folder);
  for (const library of [join(binding, CORE), ...libraries]) link(library, join(folder, basename(library)));
  openLibrary(join(folder, CORE));
}

/** Makes a folder that nobody else can write to. Its name can be guessed: what somebody else has put there is refused. */
function makeOwn(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another thread's, or left by a process of the same number that was killed.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!(stats?.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0)) throw error;
  }
}

function link(target: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target) return;
  rmSync(path, { force: true });
  try {
    symlinkSync(target, path);
  } catch (error) {
    // Another thread was faster.
    if (readlinkSync(path) !== target) throw error;
  }
}

/** Loads a library into the process, where it stays. */
export function openLibrary(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    // The library is in the process, which is all that was wanted of it.
    if (error instanceof Error && error.message.includes('did not self-register')) return;
    throw error;
  }
}

let watched = false;

/** On the main thread: removes the folder when the process ends. */
export function removeCoreFolderAtExit(): void {
  if (watched || process.platform !== 'linux') return;
  watched = true;
  process.on('exit', () => {
    try {
      rmSync(coreFolder(), { recursive: true, force: true });
    } catch {
      // The system's own cleaning of temporary files takes it.
    }
  });
}
