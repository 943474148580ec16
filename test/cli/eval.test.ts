import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configurationsOf } from '../../src/cli/eval/configurations.ts';
import { type Comparison, readRun, writeBeir, writeRun } from '../../src/eval/index.ts';
import { command } from './command.ts';

const work = mkdtempSync(join(tmpdir(), 'rerankit-cli-eval-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const data = join(work, 'data');
const out = join(work, 'out');
const corpus: { id: string; title: string; text: string }[] = JSON.parse(
  readFileSync(new URL('../../examples/corpus.json', import.meta.url), 'utf8'),
);

beforeAll(async () => {
  const asked = corpus.slice(0, 5);
  await writeBeir(data, {
    documents: corpus.map(({ id, text }) => ({ id, text })),
    queries: new Map(asked.map(({ id, title }) => [`about-${id}`, title])),
    qrels: new Map(asked.map(({ id }) => [`about-${id}`, new Map([[id, 1]])])),
  });
  await writeRun(
    join(work, 'all.run'),
    new Map(
      asked.map(({ id }) => [
        `about-${id}`,
        new Map(corpus.slice(0, 8).map((each, at): [string, number] => [each.id, -at])),
      ]),
    ),
  );
});

describe('rerankit eval', () => {
  it('compares instructions with BM25, and goes on with what it has', async () => {
    const args = ['eval', data, '-k', '4', '-i', 'default', '-i', 'Find the passage with this | title', '--out', out];
    const { code, stdout, stderr } = await command([...args, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const report: Comparison & { configurations: { instruction?: string }[] } = JSON.parse(stdout);
    expect(report.systems.map(({ name }) => name)).toEqual([
      'BM25',
      'default instruction',
      '“Find the passage with this | title”',
    ]);
    expect(report).toMatchObject({ dataset: 'data', topK: 4, queries: 5, baseline: 'BM25' });
    expect(report.systems[1]?.time?.p50Ms).toBeGreaterThan(0);
    const files = readdirSync(out);
    expect(files.filter((name) => !/^embedded-auto-[0-9a-f]{8}\.(?:jsonl|run)$/.test(name)).sort()).toEqual([
      'chart.svg',
      'report.json',
      'report.md',
    ]);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
    const run = await readRun(join(out, files.find((name) => name.endsWith('.run')) ?? ''));
    expect([...run.values()].map(({ size }) => size)).toEqual([4, 4, 4, 4, 4]);

    // The same times can only come from the files.
    const again = await command([...args, '--markdown']);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(again.stdout).toBe(readFileSync(join(out, 'report.md'), 'utf8'));
    expect(again.stdout).toContain('| “Find the passage with this \\| title” |');
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
    const other = await command(['eval', data, '-k', '3', '--out', out]);
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/^rerankit: INVALID_INPUT: .*results of another evaluation: its candidates is/);
  });

  it('reranks a run, and compares runs without a model', async () => {
    const run = join(work, 'all.run');
    const windows = ['--window', 'none', '--window', '32'];
    const reranked = await command([
      'eval',
      data,
      '--run',
      run,
      '-k',
      '8',
      '--measure',
      'MRR@10,success@1',
      ...windows,
    ]);
    expect([reranked.code, reranked.stderr]).toEqual([0, '']);
    const [head, , titles, first, second, third] = reranked.stdout.split('\n');
    expect(head).toBe('data: 5 queries, the best 8 of the first stage reranked');
    expect(titles).toMatch(/MRR@10 +success@1 +MRR@10 against all\.run +p +better \/ worse +time a query$/);
    // The first five places of the run are the right ones of the five queries.
    expect(first).toMatch(new RegExp(`^all\\.run +${((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5).toFixed(4)} +0\\.2000$`));
    expect(second).toMatch(/^whole +[01]\.\d{4} /);
    expect(third).toMatch(/^passages of 32 +[01]\.\d{4} /);

    const compared = await command(['eval', join(data, 'qrels', 'test.tsv'), '--run', run, '--json']);
    expect([compared.code, compared.stderr]).toEqual([0, '']);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      dataset: 'test.tsv',
      configurations: [],
      systems: [{ name: 'all.run' }],
    });
  });

  it.each([
    [['eval', join(work, 'none')], 1, /^rerankit: ENOENT: /],
    [['eval', data, '--split', '../x'], 2, /^rerankit: INVALID_OPTION: .*split/],
    [['eval', data, '--split', 'train'], 1, /^rerankit: FILE_FAILED: Cannot read .*train\.tsv: ENOENT/],
    [['eval', data, '--measure', 'F1', '--no-rerank'], 2, /"F1" is no measure/],
    [['eval', data, '--dtype', 'fp32', '--dtype', 'fp8'], 2, /Allowed choices/],
    [['eval', data, '--window', '5'], 2, /--window "5" must be an integer, at least 32, or none/],
    [['eval', data, '--json', '--markdown'], 2, /exclude each other/],
    [['eval', join(data, 'qrels', 'test.tsv')], 2, /name runs to compare/],
    [['eval', join(data, 'qrels', 'test.tsv'), '--run', 'x', '-i', 'y'], 2, /nothing can be reranked/],
    [['eval', data, '--run', join(data, 'queries.jsonl')], 1, /INVALID_INPUT: .*queries\.jsonl:1 has \d+ fields/],
  ])('%j ends with %i and one line', async (args, expected, message) => {
    const { code, stdout, stderr } = await command(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});

describe('configurations', () => {
  it('are called by what tells them apart', () => {
    expect(namesOf(['a/b'], ['auto'], [undefined])).toEqual(['a/b']);
    expect(namesOf(['a/b'], ['int8', 'fp32'], [undefined])).toEqual(['int8', 'fp32']);
    expect(namesOf(['a', 'b'], ['int8', 'fp32'], [undefined, 'x'])).toHaveLength(8);
    const long = 'x'.repeat(100);
    expect(namesOf(['a'], ['auto'], [`${long}1`, `${long}2`])).toEqual([
      `“${'x'.repeat(48)}…”`,
      `“${'x'.repeat(48)}…” (2)`,
    ]);
  });

  it('have files that stay theirs', () => {
    const [one] = configurationsOf({
      models: ['../a b/c'],
      dtypes: ['auto'],
      instructions: [undefined],
      windows: [undefined],
    });
    const [, again] = configurationsOf({
      models: ['x', '../a b/c'],
      dtypes: ['auto'],
      instructions: [undefined],
      windows: [undefined],
    });
    expect(one?.fileName).toMatch(/^a_b_c-auto-[0-9a-f]{8}$/);
    expect(again?.fileName).toBe(one?.fileName);
  });
});

function namesOf(
  models: readonly string[],
  dtypes: readonly ('auto' | 'int8' | 'fp32')[],
  instructions: readonly (string | undefined)[],
): string[] {
  return configurationsOf({ models, dtypes, instructions, windows: [undefined] }).map(({ name }) => name);
}
