import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, tailToWidth, toWidth } from '../../src/cli/terminal/display-width.ts';
import { loadProgress } from '../../src/cli/terminal/load-progress.ts';
import { ProgressLine } from '../../src/cli/terminal/progress-line.ts';
import { resultTable } from '../../src/cli/terminal/result-table.ts';
import { hasColours, styleFor } from '../../src/cli/terminal/style.ts';
import { jsonLine, oneLine, visible } from '../../src/cli/terminal/visible.ts';
import { fakeIo } from './fake-io.ts';

const plain = styleFor({ write: () => true }, {});
/** All that a terminal acts on, apart from the line feed that ends a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ACTS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('\u001b', '\u009b', '\r', '\u202e', '中', '👩‍👩‍👧', 'é'),
  ),
});

function result(text: string, source = 'a.txt', score = 0.5) {
  return { index: 0, document: { text, source, line: 1 }, score, logit: 0, truncated: false };
}

describe('what a document may do to a terminal', () => {
  it('is nothing: controls are shown, not sent', () => {
    expect(visible('\u001b[2J\u0007\u009b31m\u202eevil\u007f')).toBe('␛[2J␇<U+009B>31m<U+202E>evil␡');
    expect(oneLine(' a\r\nb\t\u2028c ')).toBe('a b c');
    fc.assert(
      fc.property(anyText, anyText, (text, source) => {
        expect(visible(text)).not.toMatch(ACTS);
        expect(resultTable([result(text, source)], 80, plain)).not.toMatch(ACTS);
        expect(jsonLine({ text })).not.toMatch(ACTS);
      }),
    );
  });

  it('leaves JSON as it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(jsonLine({ text }))).toEqual({ text });
      }),
    );
  });
});

describe('columns', () => {
  it('counts wide, joined and marked characters', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('中文')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('👩‍👩‍👧🇩🇪')).toBe(4);
    expect(displayWidth('ｆｕ')).toBe(4);
  });

  it('cuts and fills to exactly the width', () => {
    expect(toWidth('如何读取文件', 7)).toBe('如何读…');
    expect(toWidth('如何读取文件', 8)).toBe('如何读… ');
    expect(toWidth('abc', 5)).toBe('abc  ');
    expect(toWidth('abcdef', 6)).toBe('abcdef');
    expect(tailToWidth('/a/long/path.md:12', 10)).toBe('…ath.md:12');
    fc.assert(
      fc.property(anyText.map(visible), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(displayWidth(toWidth(text, width))).toBe(width);
        expect(displayWidth(tailToWidth(text, width))).toBe(width);
      }),
    );
  });
});

describe('resultTable', () => {
  const results = [result('如何在 Python 中读取大型 CSV 文件？'.repeat(5), 'x'.repeat(90), 0.9876), result('short')];

  it('keeps within the width of the terminal', () => {
    for (const width of [30, 40, 69, 70, 80, 120]) {
      for (const line of resultTable(results, width, plain).trimEnd().split('\n')) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });

  it('shows rank, score, bar and place', () => {
    const [first = '', second = ''] = resultTable(results, 80, plain).split('\n');
    expect(first).toMatch(/^1 {2}0\.988 {2}█{10} {2}…x+:1 {2}如何/);
    expect(second).toMatch(/^2 {2}0\.500 {2}█{5}░{5} {2}a\.txt:1\s+short$/);
    expect(resultTable(results, 60, plain)).not.toContain('█');
  });

  it('is quick with a huge document', () => {
    expect(resultTable([result('\u001b \n'.repeat(5_000_000))], 80, plain).length).toBeLessThan(200);
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: %s', (isTTY, env, expected) => {
    expect(hasColours({ isTTY, write: () => true }, env)).toBe(expected);
  });
});

describe('ProgressLine', () => {
  it('draws on a terminal, within its width, and goes away', () => {
    const { stderr, err } = fakeIo({ terminal: true });
    const line = new ProgressLine(stderr);
    line.show({ label: `Downloading ${'\u001b[2Jx'.repeat(50)}`, part: 0.5, detail: '1 of 2 GB' });
    line.clear();
    const [drawn = '', cleared] = err;
    expect(drawn.startsWith('\r\u001b[2K')).toBe(true);
    expect(displayWidth(drawn.slice(5))).toBeLessThan(80);
    expect(drawn.slice(5)).not.toMatch(ACTS);
    expect(cleared).toBe('\r\u001b[2K');
    line.clear();
    expect(err).toHaveLength(2);
  });

  it('draws nothing elsewhere, or when it is to be quiet', () => {
    for (const [terminal, quiet] of [
      [false, false],
      [true, true],
    ]) {
      const { stderr, err } = fakeIo({ terminal: terminal === true });
      const line = new ProgressLine(stderr, quiet);
      line.show({ label: 'x', part: 1 });
      line.clear();
      expect(err).toEqual([]);
    }
  });

  it('tells bytes, speed and the time left of a download', () => {
    const { stderr, err } = fakeIo({ terminal: true });
    let now = 0;
    const report = loadProgress(new ProgressLine(stderr), () => now);
    const download = { phase: 'download', file: 'm', fileLoadedBytes: 0, fileTotalBytes: 0, totalBytes: 4e9 } as const;
    report({ ...download, loadedBytes: 1e9 });
    now = 10_000;
    report({ ...download, file: 'n', loadedBytes: 2e9 });
    expect(err[0]).toContain('1.0 GB of 4.0 GB');
    expect(err[0]).not.toContain('/s');
    expect(err[1]).toContain('50%');
    expect(err[1]).toMatch(/100 MB\/s 20 s left$/);
  });
});
