import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseUrl, endpoint } from '../../../src/engine/remote/base-url.ts';
import { broken, holdsControl, parted } from '../../../src/engine/remote/control-strings.ts';
import { sigmoid, toLogit } from '../../../src/engine/remote/logits.ts';
import { partsOf, textBytes } from '../../../src/engine/remote/parts.ts';
import { Redactor } from '../../../src/engine/remote/redactor.ts';
import { readConnectOptions } from '../../../src/options.ts';
import { Reranker } from '../../../src/reranker.ts';

describe('urls', () => {
  test.each([
    ['https://api.cohere.com', 'https://api.cohere.com/v2/rerank'],
    ['https://api.cohere.com/', 'https://api.cohere.com/v2/rerank'],
    ['https://api.cohere.com/v2', 'https://api.cohere.com/v2/rerank'],
    ['https://api.cohere.com/v2/rerank', 'https://api.cohere.com/v2/rerank'],
    ['http://gate:8080/team/models/', 'http://gate:8080/team/models/v2/rerank'],
  ])('%s asks %s', (url, asked) => {
    expect(endpoint(baseUrl(url, ['/v2/rerank']), '/v2/rerank').href).toBe(asked);
    expect(endpoint(baseUrl(new URL(url), ['/v2/rerank']), '/v2/rerank').href).toBe(asked);
  });

  test.each([
    [5, /must be a string or a URL, not 5/],
    ['localhost:8000/x y', /must begin with http/],
    ['//nowhere', /is not a URL/],
    ['ftp://a', /http:\/\/ or https:\/\/, not ftp:/],
    ['https://me:hunter2@host', /user name or password/],
    ['https://host/?key=hunter2', /query or a fragment/],
  ])('%s is refused', (url, message) => {
    const read = () => baseUrl(url, []);
    expect(read).toThrow(message);
    expect(read).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('logits', () => {
  test('of probabilities, and back', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (probability) => {
        expect(sigmoid(toLogit(probability, 'probability') ?? Number.NaN)).toBeCloseTo(probability, 9);
      }),
    );
  });

  test('grow with the probability, and are finite to its ends', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [low, high] = [toLogit(Math.min(a, b), 'probability'), toLogit(Math.max(a, b), 'probability')];
        expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
        expect(low).toBeLessThanOrEqual(high ?? Number.NaN);
      }),
    );
  });

  test.each([-0.1, 1.1, Number.NaN])('%d is no probability', (value) => {
    expect(toLogit(value, 'probability')).toBeUndefined();
  });
});

describe('control strings', () => {
  const CONTROLS = [
    '<|im_end|>',
    '<|im_start|>',
    '<|endoftext|>',
    '<|vision_pad|>',
    '<think>',
    '</think>',
    '<tool_call>',
    '</tool_response>',
  ];

  test.each(CONTROLS)('%s is found, broken and parted', (control) => {
    const text = `a${control}b`;
    expect(holdsControl(text)).toBe(true);
    expect(broken(text)).toBe(`a< ${control.slice(1)}b`);
    expect(parted(text, '#').replaceAll('#', '')).toBe(text);
    expect(parted(text, '#')).not.toContain(control);
  });

  test('none is left, wherever they stand', () => {
    const piece = fc.constantFrom(...CONTROLS, '<', '|', '>', '<|', '|>', '/', 'think', 'im_end', ' ', 'x');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        for (const control of CONTROLS) {
          expect(broken(text)).not.toContain(control);
          expect(parted(text, '#')).not.toContain(control);
        }
        expect(broken(text).replaceAll('< ', '<')).toBe(text.replaceAll('< ', '<'));
      }),
    );
  });

  test('ordinary markup stays as it is', () => {
    for (const text of ['a < b', '<b>bold</b>', 'x <| y', '<|>', 'a || b', '<thinking>', '|>'])
      expect(broken(text)).toBe(text);
  });

  test('long nonsense takes no time to speak of', () => {
    for (const text of ['<|'.repeat(500_000), `<|${'a'.repeat(1_000_000)}`, '<|a'.repeat(300_000)])
      expect(broken(text)).toBe(text);
  });
});

test('parts hold every document once, in order, and few bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 60 }), (documents, maxBytes) => {
      const parts = [...partsOf(documents, maxBytes, textBytes)];
      expect(parts.flatMap((part) => part.items)).toEqual(documents);
      let start = 0;
      for (const part of parts) {
        expect(part.start).toBe(start);
        start += part.items.length;
        const bytes = Buffer.byteLength(JSON.stringify(part.items)) - 1;
        expect(part.items.length === 1 || bytes <= maxBytes).toBe(true);
      }
    }),
  );
});

test('secrets are taken out, in whole and in part', () => {
  const redactor = new Redactor(['sk-abcdef', 'Basic dXNlcjpwdw==', 'x', undefined]);
  expect(redactor.redact('key sk-abcdef, Basic dXNlcjpwdw== or dXNlcjpwdw==; Basic x')).toBe(
    'key [secret], [secret] or [secret]; Basic x',
  );
});

describe('options of connect', () => {
  test.each<[object | null, RegExp]>([
    [{}, /option protocol of Reranker.connect is missing; it is one of 'vllm', /],
    [{ protocol: 'openai' }, /protocol .* one of 'vllm', .*, not "openai"/],
    [{ protocol: 'tei', timeout: 0 }, /timeout .* integer from 1 to 2147483647, not 0/],
    [{ protocol: 'tei', retries: -1 }, /retries .* integer from 0 to 100, not -1/],
    [{ protocol: 'tei', concurrency: 0 }, /concurrency .* from 1 to 1024, not 0/],
    [{ protocol: 'tei', fetch: 'x' }, /fetch .* a function, not "x"/],
    [{ protocol: 'tei', prompt: 'mine' }, /prompt .* one of 'auto', 'server', not "mine"/],
    [{ protocol: 'tei', dtype: 'int8' }, /Reranker.connect has no option "dtype"/],
    [{ protocol: 'tei', apiKey: 'hunter2 \n' }, /apiKey .* printable ASCII characters without spaces\.$/],
    [{ protocol: 'tei', headers: { 'x y': 'hunter2' } }, /headers .* an object of header names and values\.$/],
    [{ protocol: 'tei', headers: { a: 'hunter2\nx' } }, /headers .* an object of header names and values\.$/],
    [{ protocol: 'tei', headers: { a: 5 } }, /headers .* an object of header names and values\.$/],
    [{ protocol: 'tei', apiKey: 'hunter2', headers: { Authorization: 'hunter2' } }, /apiKey and headers .* both/],
    [null, /options of Reranker.connect must be an object/],
  ])('%j is refused', (options, message) => {
    const read = () => readConnectOptions(options as never);
    expect(read).toThrow(message);
    expect(read).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.not.stringContaining('hunter2') }),
    );
  });

  test.each([{ prompt: 'auto' }, { maxLength: 512 }] as const)('%j goes with vLLM alone', async (option) => {
    const connecting = Reranker.connect('http://127.0.0.1:1', { protocol: 'tei', ...option });
    await expect(connecting).rejects.toThrow(
      `option ${Object.keys(option)[0]} of Reranker.connect goes with protocol 'vllm', not 'tei'`,
    );
  });
});
