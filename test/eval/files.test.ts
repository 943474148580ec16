import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openBeir, readQrels, readRun, writeBeir, writeQrels, writeRun } from '../../src/eval/index.ts';

const work = mkdtempSync(join(tmpdir(), 'rerankit-eval-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

let files = 0;
function file(content: string | Uint8Array, name = 'file.txt'): string {
  const folder = join(work, String(files++));
  mkdirSync(folder);
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('runs in the form of TREC', () => {
  test('are read by score, whatever the spaces', async () => {
    const run = await readRun(file('\ufeffq1 Q0 d1 1 2.5 tag\r\n\nq1\tQ0  d2\t2 -1e-3 tag\nq2 0 __proto__ 1 3 x\n'));
    expect([...run].map(([query, scores]) => [query, [...scores]])).toEqual([
      [
        'q1',
        [
          ['d1', 2.5],
          ['d2', -0.001],
        ],
      ],
      ['q2', [['__proto__', 3]]],
    ]);
  });

  test('come back as they were written, best first', async () => {
    const run = new Map([
      [
        'q',
        new Map([
          ['a', 0.1 + 0.2],
          ['b', 1e-7],
          ['中', 5],
        ]),
      ],
    ]);
    const path = join(work, 'new', 'folder', 'own.run');
    await writeRun(path, run, 'own');
    expect(readFileSync(path, 'utf8')).toBe('q Q0 中 1 5 own\nq Q0 a 2 0.30000000000000004 own\nq Q0 b 3 1e-7 own\n');
    expect(await readRun(path)).toEqual(run);
    await expect(writeRun(path, new Map([['q', new Map([['a b', 1]])]]))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    // Whole or not at all.
    expect(await readRun(path)).toEqual(run);
    expect(readdirSync(join(work, 'new', 'folder'))).toEqual(['own.run']);
  });

  test.each([
    ['q1 Q0 d1 1 2.5', /:1 has 5 fields/],
    ['q1 Q0 d1 1 2.5 t\nq1 Q0 d1 2 2 t', /:2 has "d1" for "q1" a second time/],
    ['q1 Q0 d1 1 nan t', /:1 has the score "nan"/],
    ['q1 Q0 d1 1 0x10 t', /score "0x10"/],
    ['q1 Q0 d1 1 1e999 t', /score "1e999"/],
    [`q1 Q0 d1 1 ${'1'.repeat(100_000)}x t`, /the score "1{77}\.\.\."/],
    [Buffer.from([0x71, 0xff, 0x0a]), /:1 has bytes that are not UTF-8/],
    [Buffer.alloc(100), /is binary/],
    [`q1 ${'x'.repeat(17 * 2 ** 20)}`, /:1 is longer than 16 MB/],
  ])('damage %# is named', async (content, message) => {
    await expect(readRun(file(content))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
    });
  });

  test('that are not there are a failure of the file', async () => {
    await expect(readRun(join(work, 'none'))).rejects.toMatchObject({
      code: 'FILE_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(readRun(file('q Q0 d 1 1 t'), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});

describe('judgements', () => {
  test('of TREC and of BEIR are read and written', async () => {
    const qrels = new Map([
      [
        'q1',
        new Map([
          ['d1', 2],
          ['d2', -1],
        ]),
      ],
      ['q2', new Map([['d1', 0]])],
    ]);
    for (const name of ['own.qrels', 'own.tsv']) {
      const path = join(work, name);
      await writeQrels(path, qrels);
      expect(await readQrels(path)).toEqual(qrels);
    }
    expect(readFileSync(join(work, 'own.tsv'), 'utf8')).toBe(
      'query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t-1\nq2\td1\t0\n',
    );
    const spaced = new Map([['a query', new Map([['a document', 1]])]]);
    await writeQrels(join(work, 'own.tsv'), spaced);
    expect(await readQrels(join(work, 'own.tsv'))).toEqual(spaced);
    await expect(writeQrels(join(work, 'own.qrels'), spaced)).rejects.toThrow(/white space/);
  });

  test.each([
    ['q1 0 d1', 'x.qrels', /:1 has 3 fields/],
    ['q1 0 d1 1.5', 'x.qrels', /:1 has the grade "1.5"/],
    ['q1 0 d1 1\nq1 0 d1 2', 'x.qrels', /:2 grades "d1" for "q1" 2, a line before 1/],
    ['query-id\tcorpus-id\tscore\nquery-id\tcorpus-id\tscore', 'x.tsv', /:2 has the grade "score"/],
    ['q1 0 d1 1', 'x.tsv', /:1 has 1 fields/],
  ])('damage %# is named', async (content, name, message) => {
    await expect(readQrels(file(content, name))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
    });
  });
});

describe('folders in the form of BEIR', () => {
  const content = {
    documents: [
      { id: 'd1', title: 'Bread', text: 'Needs salt.' },
      { id: '__proto__', text: '面包' },
    ],
    queries: new Map([
      ['q1', 'bread'],
      ['q2', 'not judged'],
    ]),
    qrels: new Map([['q1', new Map([['d1', 1]])]]),
  };

  test('come back as they were written', async () => {
    const folder = join(work, 'beir');
    await writeBeir(folder, content, { split: 'dev' });
    const { name, queries, qrels, documents } = await openBeir(folder, { split: 'dev' });
    expect({ name, queries, qrels }).toEqual({
      name: 'beir',
      queries: new Map([['q1', 'bread']]),
      qrels: content.qrels,
    });
    const found = [];
    for await (const document of documents()) found.push(document);
    expect(found).toEqual([
      { id: 'd1', text: 'Bread\nNeeds salt.' },
      { id: '__proto__', text: '面包' },
    ]);
  });

  test.each([
    ['queries.jsonl', '{"_id":"q1"', /queries.jsonl:1 is not valid JSON/],
    ['queries.jsonl', '[]', /queries.jsonl:1 has undefined as _id/],
    ['queries.jsonl', '{"_id":"q1","text":5}', /queries.jsonl:1 has 5 as text/],
    ['queries.jsonl', '{"_id":"q1","text":"a"}\n{"_id":"q1","text":"b"}', /:2 has the query "q1" a second time/],
    ['queries.jsonl', '{"_id":"q3","text":"a"}', /lacks the query "q1", which has judgements/],
    ['corpus.jsonl', '{"_id":"d1","title":[],"text":""}', /corpus.jsonl:1 has an array of 0 as title/],
    ['corpus.jsonl', 'null', /corpus.jsonl:1 is null/],
    ['corpus.jsonl', `${'['.repeat(200_000)}`, /corpus.jsonl:1 is not valid JSON/],
  ])('damage %# is named', async (name, damage, message) => {
    const folder = join(work, `beir-${files++}`);
    await writeBeir(folder, content);
    writeFileSync(join(folder, name), damage);
    const read = async () => {
      for await (const _ of (await openBeir(folder)).documents());
    };
    await expect(read()).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(message) });
  });

  test('have no splits outside of them', async () => {
    for (const split of ['../x', '..', 'a/b', '']) {
      await expect(openBeir(work, { split })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
