import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bm25Run, candidateLists, type Dataset, firstQueries, rerankLists } from '../../src/eval/index.ts';
import { createTestReranker } from '../../src/testing/index.ts';

const work = mkdtempSync(join(tmpdir(), 'rerankit-lists-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const texts = ['bread needs salt', '面包需要盐', 'git revert undoes a commit', 'salt water freezes late'];
let passes = 0;
const dataset: Dataset = {
  name: 'small',
  queries: new Map([
    ['q1', 'salt in bread'],
    ['q2', '面包里的盐'],
    ['q3', 'undo a commit'],
  ]),
  qrels: new Map([
    ['q1', new Map([['d0', 1]])],
    ['q2', new Map([['d1', 1]])],
    ['q3', new Map([['d2', 1]])],
  ]),
  documents: async function* () {
    passes++;
    for (const [at, text] of texts.entries()) yield { id: `d${at}`, text };
  },
};
const run = new Map([
  [
    'q1',
    new Map([
      ['d3', 3],
      ['d0', 2],
      ['d2', 1],
    ]),
  ],
  [
    'q3',
    new Map([
      ['d0', 1],
      ['d2', 0.5],
    ]),
  ],
]);

describe('candidate lists', () => {
  test('have the best of the run with their texts, in one pass over the documents', async () => {
    const before = passes;
    const lists = await candidateLists(dataset, run, { topK: 2 });
    expect(passes - before).toBe(1);
    expect(lists.map(({ query, documents }) => [query, documents.map(({ id, text }) => `${id} ${text}`)])).toEqual([
      ['q1', ['d3 salt water freezes late', 'd0 bread needs salt']],
      ['q2', []],
      ['q3', ['d0 bread needs salt', 'd2 git revert undoes a commit']],
    ]);
  });

  test('refuse a run of other documents', async () => {
    const other = new Map([
      [
        'q1',
        new Map([
          ['d0', 1],
          ['x', 2],
          ['y', 3],
        ]),
      ],
    ]);
    await expect(candidateLists(dataset, other)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/"y" and 1 other documents, which the dataset small lacks/),
    });
  });

  test('BM25 finds words, Chinese ones too', async () => {
    const found = await bm25Run(dataset, { topK: 2 });
    const first = [...found].map(([query, scores]) => [query, [...scores.keys()][0]]);
    expect(first).toEqual([
      ['q1', 'd0'],
      ['q2', 'd1'],
      ['q3', 'd2'],
    ]);
    expect(found.get('q1')?.size).toBe(2);
  });

  test('the first queries only', () => {
    const { queries, qrels } = firstQueries(dataset, 2);
    expect([[...queries.keys()], [...qrels.keys()]]).toEqual([
      ['q1', 'q2'],
      ['q1', 'q2'],
    ]);
    expect(() => firstQueries(dataset, 0)).toThrow(/at least 1/);
  });
});

describe('reranking lists', () => {
  test('gives the scores of the reranker, the time of each query, and progress', async () => {
    const reranker = createTestReranker();
    const lists = await candidateLists(dataset, run);
    const progress: unknown[] = [];
    const found = await rerankLists(lists, reranker, {
      instruction: 'Find it',
      onProgress: (step) => progress.push(step),
    });
    expect([...(found.run.get('q1')?.keys() ?? [])][0]).toBe('d0');
    expect(found.run.get('q2')?.size).toBe(0);
    expect([...found.milliseconds.keys()]).toEqual(['q1', 'q2', 'q3']);
    expect(progress.at(-1)).toEqual({ done: 3, resumed: 0, total: 3 });
    expect(reranker.calls.map(({ instruction }) => instruction)).toEqual(['Find it', 'Find it', 'Find it']);
  });

  test('goes on where it was interrupted, to the same result', async () => {
    const lists = await candidateLists(dataset, run);
    const file = join(work, 'new', 'journal.jsonl');
    const identity = { model: 'test', dtype: 'fp32' };
    const whole = await rerankLists(lists, createTestReranker());

    const controller = new AbortController();
    const stop = ({ done }: { done: number }) => {
      if (done === 1) controller.abort(new Error('enough'));
    };
    const half = createTestReranker();
    await expect(
      rerankLists(lists, half, { file, identity, onProgress: stop, signal: controller.signal }),
    ).rejects.toThrow('enough');
    // What a process that is killed while it writes leaves behind.
    appendFileSync(file, '{"query":"q2","ms":1,"sco');

    const rest = createTestReranker();
    const progress: number[] = [];
    const found = await rerankLists(lists, rest, {
      file,
      identity,
      onProgress: ({ resumed }) => progress.push(resumed),
    });
    expect([half.calls.length, rest.calls.length]).toEqual([1, 2]);
    expect(progress).toEqual([1, 1, 1]);
    expect(found.run).toEqual(whole.run);
    const none = createTestReranker();
    expect((await rerankLists(lists, none, { file, identity })).milliseconds).toEqual(found.milliseconds);
    expect(none.calls).toEqual([]);

    await expect(rerankLists(lists, none, { file, identity: { ...identity, dtype: 'int8' } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/its dtype is "fp32", now it is "int8"/),
    });
    await expect(rerankLists(lists.slice(1), none, { file, identity })).rejects.toThrow(/its candidates is/);
    await expect(rerankLists(lists, none, { file, identity, instruction: 'Other' })).rejects.toThrow(
      /its instruction is/,
    );
  });

  test.each([
    ['', '{"query":"q1"}', /journal.jsonl:2 is damaged/],
    ['', 'nonsense', /:2 is damaged/],
    ['', '{"query":"q1","ms":1,"scores":[["d0",null]]}', /:2 is damaged/],
    ['', '{"query":"q1","ms":1,"scores":[["d0",1,2]]}', /:2 is damaged/],
  ])('names damaged lines: %s%s', async (_, line, message) => {
    const lists = await candidateLists(dataset, run);
    const file = join(mkdtempSync(join(work, 'damage-')), 'journal.jsonl');
    await rerankLists(lists, createTestReranker(), { file });
    const [head = ''] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${head}\n${line}\n`);
    await expect(rerankLists(lists, createTestReranker(), { file })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
    });
  });

  test('refuses a file of something else, one in use, and one that cannot be written', async () => {
    const lists = await candidateLists(dataset, run);
    const file = join(work, 'notes.txt');
    writeFileSync(file, 'hello\nworld');
    await expect(rerankLists(lists, createTestReranker(), { file })).rejects.toThrow(
      /notes.txt holds no results of this version/,
    );
    expect(readFileSync(file, 'utf8')).toBe('hello\nworld');

    const slow = createTestReranker();
    slow.hang();
    const shared = join(work, 'shared.jsonl');
    const first = rerankLists(lists, slow, { file: shared });
    await expect.poll(() => slow.calls.length).toBe(1);
    await expect(rerankLists(lists, createTestReranker(), { file: shared })).rejects.toThrow(/Another process/);
    slow.reset();
    await first.catch(() => {});

    await expect(rerankLists(lists, createTestReranker(), { file: join(file, 'below.jsonl') })).rejects.toMatchObject({
      code: 'FILE_FAILED',
    });
  });
});
