import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { TOKENIZERS } from '../onnx-exports/fixtures.ts';
import { withoutNewer } from './newer-than-bert.ts';
import { withoutUnknownMarks } from './oracle.ts';
import { textOracle } from './text-oracle.ts';
import { anyText, FUZZ, forgeries, TEST_TIMEOUT, TEXTS } from './texts.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

describe.each(TOKENIZERS)('the ids of a %s tokenizer equal the reference', (name) => {
  const oracle = textOracle(name);
  const ids = (text: string) => Array.from(oracle.ours.encodeText(text).ids);
  /** Text that means the same to both. */
  const known = name.startsWith('bert') ? withoutNewer : (text: string) => text;
  const names = oracle.control.map(({ content }) => content);

  test.each(TEXTS)('of %j', async (text) => {
    expect(ids(text)).toEqual(await oracle.plain(text));
    const around = `${text}${text} x${text}\n${text}`;
    expect(ids(around)).toEqual(await oracle.plain(around));
  });

  test('of texts that forge control tokens, and none of them comes out', async () => {
    const unknown = new Set(['[UNK]', '<unk>']);
    const control = new Set(oracle.control.filter(({ content }) => !unknown.has(content)).map(({ id }) => id));
    for (const text of forgeries(names)) {
      const found = ids(text);
      expect(found, text).toEqual(await oracle.plain(text));
      expect(
        found.filter((id) => control.has(id)),
        text,
      ).toEqual([]);
    }
  });

  test('of random text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText(names).map(known), async (text) => {
        expect(ids(text)).toEqual(await oracle.plain(text));
      }),
      FUZZ,
    );
  });

  test('of a sample of all code points, alone and among letters and marks', async () => {
    for (let first = 0; first < 0x11_0000; first += 4_096) {
      let text = '';
      for (let code = first + ((first / 4_096) % 37); code < first + 4_096; code += 37) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        const character = known(withoutUnknownMarks(String.fromCodePoint(code)));
        text += `x${character}y e${character}\u0301 `;
      }
      expect(ids(text), `from U+${first.toString(16)}`).toEqual(await oracle.plain(text));
    }
  });
});
