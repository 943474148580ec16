import { describe, expect, it } from 'vitest';
import { documentsIn } from '../../src/server/page/assets/documents.js';
import { readFiles } from '../../src/server/page/assets/files.js';
import { requestOf } from '../../src/server/page/assets/request.js';

describe('documents in a text', () => {
  it('are its lines, blank ones aside', () => {
    expect(documentsIn('one\r\n\n  \ntwo \rthree', 'lines', '')).toEqual(['one', 'two ', 'three']);
    expect(documentsIn('{"text":"one"}', 'lines', 'text')).toEqual(['{"text":"one"}']);
    expect(documentsIn('', 'lines', '')).toEqual([]);
  });

  it('are fields of records', () => {
    const text = ['{"text":"one\\ntwo"}', '', '"three"', '{"text":"four","more":1}'].join('\n');
    expect(documentsIn(text, 'jsonl', 'text')).toEqual(['one\ntwo', 'three', 'four']);
    expect(documentsIn('{"a":{"b":["no","yes"]}}', 'jsonl', 'a.b.1')).toEqual(['yes']);
    expect(documentsIn('{"a.b":"whole","a":{"b":"path"}}', 'jsonl', 'a.b')).toEqual(['whole']);
    expect(documentsIn('{"__proto__":"own"}', 'jsonl', '__proto__')).toEqual(['own']);
  });

  it.each([
    ['{"text":"fine"}\n\n{"text":', 'notJson', [3]],
    ['{"body":"fine"}', 'noField', [1, 'text']],
    ['{"text":5}', 'noField', [1, 'text']],
    ['[1]\nnull', 'noField', [1, 'text']],
    ['null', 'noField', [1, 'text']],
  ])('are refused by line: %j', (text, kind, values) => {
    expect(() => documentsIn(text, 'jsonl', 'text')).toThrow(expect.objectContaining({ kind, values }));
  });

  it('do not come from what every object has', () => {
    for (const field of ['constructor', 'constructor.name', '__proto__', 'toString.name']) {
      expect(() => documentsIn('{"a":1}', 'jsonl', field)).toThrow(expect.objectContaining({ kind: 'noField' }));
    }
  });
});

describe('a request', () => {
  const input = { query: 'q', instruction: ' ', documents: 'a\nb', format: 'lines', field: 'text' } as const;

  it('has what was typed', () => {
    expect(requestOf(input, undefined)).toEqual({ query: 'q', documents: ['a', 'b'] });
    expect(requestOf({ ...input, instruction: 'Find it' }, 2)).toEqual({
      query: 'q',
      documents: ['a', 'b'],
      instruction: 'Find it',
    });
  });

  it('is not made of too little or too much', () => {
    expect(() => requestOf({ ...input, query: ' \n' }, undefined)).toThrow(
      expect.objectContaining({ kind: 'needsQuery' }),
    );
    expect(() => requestOf({ ...input, documents: '\n' }, undefined)).toThrow(
      expect.objectContaining({ kind: 'needsDocuments' }),
    );
    expect(() => requestOf(input, 1)).toThrow(expect.objectContaining({ kind: 'tooMany', values: [1] }));
  });
});

describe('files', () => {
  it('are told apart by their names, and joined', async () => {
    const [one, two] = [new File(['a\nb\n'], 'one.txt'), new File(['c'], 'two.TXT')];
    expect(await readFiles([one, two])).toEqual({ text: 'a\nb\nc', format: 'lines' });
    expect(await readFiles([new File(['{}'], 'a.ndjson')])).toEqual({ text: '{}', format: 'jsonl' });
    await expect(readFiles([one, new File([], 'a.jsonl')])).rejects.toMatchObject({ kind: 'mixedFiles' });
  });

  it('are read as UTF-8, or as their byte order mark says', async () => {
    const little = new File([Buffer.from('\ufeff大 CSV', 'utf16le')], 'a.txt');
    const big = new File([Buffer.from('\ufeff大 CSV', 'utf16le').swap16()], 'a.txt');
    const utf8 = new File(['\ufeff大 CSV'], 'a.txt');
    for (const file of [little, big, utf8]) expect((await readFiles([file])).text).toBe('大 CSV');
  });

  it('are refused if they are no text, too large or unreadable', async () => {
    const gone = Object.assign(new File([], 'gone'), { arrayBuffer: () => Promise.reject(new Error('gone')) });
    await expect(readFiles([new File(['a\0b'], 'a.txt')])).rejects.toMatchObject({
      kind: 'notText',
      values: ['a.txt'],
    });
    await expect(readFiles([new File([new Uint8Array(4e6 + 1)], 'b.txt')])).rejects.toMatchObject({
      kind: 'fileTooLarge',
      values: ['b.txt', 4],
    });
    await expect(readFiles([gone])).rejects.toMatchObject({ kind: 'unreadable' });
  });
});
