import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));
/** Not a program, but what others print their tables with; and one that needs packages, which test/runners runs. */
const HELPERS = ['terminal.mjs', 'opentelemetry.mjs'];

const programs = (await readdir(FOLDER)).filter((name) => /\.[cm]js$/.test(name) && !HELPERS.includes(name));

test.each(programs)('examples/%s runs, prints, and ends by itself', async (name) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [name], { cwd: FOLDER });
  expect(stderr).toBe('');
  expect(stdout.length).toBeGreaterThan(50);
});
