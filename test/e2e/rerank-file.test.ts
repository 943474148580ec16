import { execFile, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../examples/rerank-file.mjs', import.meta.url));
const corpus: { id: string; title: string; text: string }[] = JSON.parse(
  readFileSync(new URL('../../examples/corpus.json', import.meta.url), 'utf8'),
);
const work = mkdtempSync(join(tmpdir(), 'rerankit-jobs-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const JOBS = 40;
const input = join(work, 'jobs.jsonl');
const documents = corpus.slice(0, 4).map(({ title }) => title);
const jobs = Array.from({ length: JOBS }, (_, id) => ({ id, query: corpus[id % corpus.length]?.title, documents }));
// One that is no job, and a blank line, must not stop the others.
writeFileSync(input, `${jobs.map((job) => JSON.stringify(job)).join('\n\n')}\nnot JSON\n`);

const ranked = (path: string): { id: unknown; ranking?: { index: number; score: number }[] }[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const run = (output: string) => promisify(execFile)(process.execPath, [PROGRAM, input, output]);

test('a file of jobs is ranked, and ended in the middle it goes on to the same output', async () => {
  const whole = join(work, 'whole.jsonl');
  await run(whole);
  const expected = ranked(whole);
  expect(expected.map(({ id }) => id)).toEqual([...jobs.map(({ id }) => id), null]);

  const parts = join(work, 'parts.jsonl');
  const child = spawn(process.execPath, [PROGRAM, input, parts], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  for (let lines = 0; lines < 5 && child.exitCode === null; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    try {
      lines = readFileSync(parts, 'utf8').split('\n').length;
    } catch {} // It does not exist yet.
  }
  child.kill('SIGKILL');
  await ended;
  const before = ranked(parts).length;
  expect(before).toBeLessThan(expected.length);
  // What a process that is killed while it writes leaves behind.
  appendFileSync(parts, '{"id":99,"rank');

  const { stdout } = await run(parts);
  expect(stdout).toContain(`${before} jobs were done before`);
  const found = ranked(parts);
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [at, { ranking }] of found.entries()) {
    expect(ranking?.map(({ index }) => index)).toEqual(expected[at]?.ranking?.map(({ index }) => index));
    for (const [place, { score }] of ranking?.entries() ?? []) {
      expect(score).toBeCloseTo(expected[at]?.ranking?.[place]?.score ?? Number.NaN, 3);
    }
  }
});

test('an output of other jobs is not gone on with', async () => {
  const output = join(work, 'foreign.jsonl');
  writeFileSync(output, '{"id":"other","ranking":[]}\n');
  await expect(run(output)).rejects.toMatchObject({ stderr: expect.stringContaining('does not belong to') });
});
