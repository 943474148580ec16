import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type ReadOptions, readDocuments } from '../../src/cli/documents/read-documents.ts';
import { recordText } from '../../src/cli/documents/record-text.ts';
import { Tally } from '../../src/cli/documents/tally.ts';
import { TEXT_EXTENSIONS } from '../../src/cli/documents/walk.ts';
import { linesOf } from '../../src/files/lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'rerankit-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(inputs: string[], given: Partial<ReadOptions> = {}) {
  const tally = new Tally();
  const options: ReadOptions = {
    format: undefined,
    field: undefined,
    skipInvalid: false,
    passages: { size: 200, overlap: 20 },
    extensions: TEXT_EXTENSIONS,
    stdin: chunksOf(new Uint8Array(), 1),
    signal: new AbortController().signal,
    ...given,
  };
  return { documents: await readDocuments(inputs, options, tally), warnings: tally.messages() };
}

const texts = ({ documents }: Awaited<ReturnType<typeof read>>) => documents.map(({ text }) => text);

describe('linesOf', () => {
  it('finds the lines that a split finds, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '中', '\r', ' ') })),
        fc.integer({ min: 1, max: 9 }),
        async (lines, size) => {
          const text = lines.join('\n');
          const found: string[] = [];
          for await (const { bytes } of linesOf(chunksOf(Buffer.from(text), size), 1_000)) found.push(bytes.toString());
          const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
          // After the last line feed there is a line only if there is something in it.
          if (lines.at(-1) === '' || text === '') expected.pop();
          expect(found).toEqual(expected);
        },
      ),
    );
  });

  it('cuts a line that is too long between characters, and gets on', async () => {
    const found = [];
    for await (const line of linesOf(chunksOf(Buffer.from(`${'中'.repeat(50)}\nnext`), 7), 20)) found.push(line);
    expect(found.map(({ bytes, cut, number }) => [bytes.toString(), cut, number])).toEqual([
      ['中'.repeat(6), true, 1],
      ['next', false, 2],
    ]);
  });
});

describe('recordText', () => {
  it.each([
    [{ text: 'a' }, 'text', 'a'],
    [{ a: { b: [{ c: 'deep' }] } }, 'a.b.0.c', 'deep'],
    [{ 'a.b': 'whole name', a: { b: 'path' } }, 'a.b', 'whole name'],
    ['a string', 'text', 'a string'],
  ])('%j, %s: %s', (record, field, text) => {
    expect(recordText(record, field)).toEqual({ text });
  });

  it.each([
    [{ body: 'x', n: 1 }, 'text', /no field "text"; fields with text: body/],
    [{ text: 5 }, 'text', /has 5 in its field "text"/],
    [null, 'text', /is null/],
    [{}, 'constructor', /no field/],
    [{}, '__proto__.toString', /no field/],
    [{ a: null }, 'a.b', /no field/],
  ])('%j, %s has none', (record, field, problem) => {
    expect(recordText(record, field)).toMatchObject({ problem: expect.stringMatching(problem) });
  });
});

describe('readDocuments', () => {
  it('takes lines, with their numbers, and leaves blank ones out', async () => {
    const path = file('lines.txt', '\ufefffirst\r\n\r\n  \nsecond\n');
    expect((await read([path])).documents).toEqual([
      { text: 'first', source: path, line: 1 },
      { text: 'second', source: path, line: 4 },
    ]);
  });

  it('takes a field of records, and keeps the records', async () => {
    const path = file('records.jsonl', '{"a":{"b":"x"},"id":1}\n\n{"a":{"b":"y"},"id":2}\n');
    const { documents } = await read([path], { field: 'a.b' });
    expect(documents).toEqual([
      { text: 'x', source: path, line: 1, record: { a: { b: 'x' }, id: 1 } },
      { text: 'y', source: path, line: 3, record: { a: { b: 'y' }, id: 2 } },
    ]);
  });

  it('reads standard input as lines, or as records if a field is named', async () => {
    const bytes = Buffer.from('{"t":"x"}\n');
    expect((await read(['-'], { stdin: chunksOf(bytes, 3) })).documents[0]?.text).toBe('{"t":"x"}');
    expect((await read(['-'], { stdin: chunksOf(bytes, 3), field: 't' })).documents[0]).toMatchObject({
      text: 'x',
      source: 'stdin',
    });
  });

  it('names file and line of a record that is not valid, or counts it', async () => {
    const path = file('broken.jsonl', '{"text":"ok"}\n{"text":\n{"title":"t"}\n');
    await expect(read([path])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`${path}:2 is not valid JSON`),
    });
    const skipping = await read([path], { skipInvalid: true });
    expect(texts(skipping)).toEqual(['ok']);
    expect(skipping.warnings).toEqual([expect.stringMatching(/^2 lines were skipped.*broken\.jsonl:2/)]);
  });

  it('replaces what is not UTF-8, and says where', async () => {
    const path = file('latin1.txt', Buffer.from('fine\ncaf\xe9\n', 'latin1'));
    const found = await read([path]);
    expect(texts(found)).toEqual(['fine', 'caf\ufffd']);
    expect(found.warnings).toEqual([expect.stringMatching(/not UTF-8.*latin1\.txt:2/)]);
  });

  it('reads UTF-16 as Windows writes it', async () => {
    const little = file('utf16.txt', Buffer.from('\ufeffgrüß\r\n中文\r\n', 'utf16le'));
    expect(texts(await read([little]))).toEqual(['grüß', '中文']);
    const big = file('utf16be.txt', Buffer.from('\ufeffgrüß', 'utf16le').swap16());
    expect(texts(await read([big]))).toEqual(['grüß']);
  });

  it('cuts a huge line, with a warning', async () => {
    const path = file('huge.txt', `${'x'.repeat(17 * 2 ** 20)}\nshort\n`);
    const found = await read([path]);
    expect(found.documents.map(({ text }) => text.length)).toEqual([16 * 2 ** 20, 5]);
    expect(found.warnings).toEqual([expect.stringContaining('longer than 16 MB')]);
  });

  it('refuses binary files, JSON that is no JSON Lines, and files that do not exist', async () => {
    const binary = file('picture.txt', Buffer.from([0x89, 0x50, 0, 0, 1]));
    await expect(read([binary])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(read([file('list.json', '[]')])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(read([join(folder, 'none.txt')])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('reads folders: text files, split, in order; not what is hidden, binary, or linked round in a circle', async () => {
    const tree = join(folder, 'tree');
    for (const path of ['sub/deep', '.hidden', 'node_modules/x']) mkdirSync(join(tree, path), { recursive: true });
    const paragraph = 'Some words that make a sentence, and a few more of them to fill it up a bit.';
    writeFileSync(join(tree, 'b.md'), `${paragraph}\n\n${paragraph}\n\n${paragraph}\n\n${paragraph}`);
    writeFileSync(join(tree, 'a.txt'), 'one\ntwo');
    writeFileSync(join(tree, 'sub/deep/c.jsonl'), '{"text":"record"}');
    writeFileSync(join(tree, 'sub/README'), 'readme');
    writeFileSync(join(tree, 'sub/d.txt'), Buffer.from([1, 0, 2]));
    writeFileSync(join(tree, 'code.ts'), 'code');
    writeFileSync(join(tree, '.secret.txt'), 'hidden');
    writeFileSync(join(tree, '.hidden/e.txt'), 'hidden');
    writeFileSync(join(tree, 'node_modules/x/README.md'), 'foreign');
    if (process.platform !== 'win32') symlinkSync(tree, join(tree, 'sub', 'circle'));
    const found = await read([tree]);
    expect(found.documents.map(({ source, line }) => [source, line])).toEqual([
      [join(tree, 'a.txt'), 1],
      [join(tree, 'b.md'), 1],
      [join(tree, 'b.md'), expect.any(Number)],
      [join(tree, 'sub', 'README'), 1],
      [join(tree, 'sub', 'deep', 'c.jsonl'), 1],
    ]);
    expect(found.documents.at(-1)?.record).toEqual({ text: 'record' });
    expect(found.warnings).toEqual([expect.stringMatching(/^1 file was skipped: binary/)]);
    expect(texts(await read([tree], { extensions: ['.ts'] }))).toEqual(['code']);
  });

  it('refuses a folder without text', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(read([empty])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(empty),
    });
  });

  it('stops waiting for standard input when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    async function* never(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
      yield new Uint8Array();
    }
    const reading = read(['-'], { stdin: never(), signal: controller.signal });
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
