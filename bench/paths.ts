import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository; the bundled bench lies in .cache/bench. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CACHE = join(ROOT, '.cache', 'bench');
export const RESULTS = join(ROOT, 'bench', 'results');
/** Packages that the bench against peers needs, and nothing else. */
export const PEERS = join(ROOT, 'bench', 'peers');
