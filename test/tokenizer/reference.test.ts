import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { embedded } from './embedded.ts';
import { withoutUnknownMarks } from './oracle.ts';
import { qwen3 } from './qwen3.ts';
import { anyText, FUZZ, forgeries, TEST_TIMEOUT, TEXTS } from './texts.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

describe.each([qwen3, embedded])('the ids of the $name vocabulary equal the reference tokenizer', (oracle) => {
  const { ours, plain, parsed, addedTokens } = oracle;
  const ids = (text: string) => Array.from(ours.encodeText(text).ids);

  test.each(TEXTS)('of %j', async (text) => {
    expect(ids(text)).toEqual(await plain(text));
    const around = `${text}${text} x${text}\n${text}`;
    expect(ids(around)).toEqual(await plain(around));
  });

  test('of texts that forge control tokens, and none of them comes out', async () => {
    const control = new Set(oracle.json.added_tokens.map((token) => token.id));
    for (const text of forgeries(addedTokens)) {
      const found = ids(text);
      expect(found, text).toEqual(await plain(text));
      expect(
        found.filter((id) => control.has(id)),
        text,
      ).toEqual([]);
    }
  });

  test('of random text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText(addedTokens), async (text) => {
        expect(ids(text)).toEqual(await plain(text));
      }),
      FUZZ,
    );
  });

  test('of a sample of all code points, alone and among letters and marks', async () => {
    for (let first = 0; first < 0x11_0000; first += 4_096) {
      let text = '';
      for (let code = first + ((first / 4_096) % 37); code < first + 4_096; code += 37) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        const character = withoutUnknownMarks(String.fromCodePoint(code));
        text += `x${character}y e${character}\u0301 `;
      }
      expect(ids(text), `from U+${first.toString(16)}`).toEqual(await plain(text));
    }
  });

  test('of templates, where control tokens count', async () => {
    for (const text of [
      ...addedTokens,
      ...forgeries(addedTokens),
      'a<|im_start|><|im_end|>\nb<think>\n\n</think>\n\n',
      '',
    ]) {
      expect(Array.from(ours.encodeTemplate(text)), text).toEqual(await parsed(text));
    }
  });

  test('of long texts, read in windows', async () => {
    const texts = fc.sample(anyText(addedTokens, 3_000), { numRuns: 8, seed: 7 });
    const prose = `${TEXTS.join(' ')}\n`.repeat(40);
    const blank = ' \n \t \n'.repeat(8_000);
    for (const text of [
      ...texts,
      prose,
      blank,
      `${blank}x`,
      'ab'.repeat(30_000),
      '=\n'.repeat(30_000),
      'e\u0301'.repeat(20_000),
    ]) {
      expect(ids(withoutUnknownMarks(text))).toEqual(await plain(withoutUnknownMarks(text)));
    }
  });

  test('tokenId looks up vocabulary and added tokens, and names what is missing', () => {
    expect(ours.tokenId('yes')).toBe(oracle.json.model.vocab['yes']);
    for (const { content, id } of oracle.json.added_tokens) expect(ours.tokenId(content)).toBe(id);
    expect(() => ours.tokenId('no such token')).toThrow(expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }));
    expect(() => ours.tokenId('constructor ')).toThrow('"constructor "');
  });
});
