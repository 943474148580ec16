import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs once, before all tests: gives them a cache folder of their own, so that none touches that of whoever runs them. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'rerankit-cache-'));
  process.env['RERANKIT_CACHE'] = folder;
  return () => rm(folder, { recursive: true, force: true });
}
