import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFragment, MAX_FRAGMENT, toFragment } from '../../src/server/page/assets/link.js';

const text = fc.string({ unit: 'binary' });
const input = fc
  .record({ query: text, instruction: text, documents: text, format: fc.constantFrom('lines', 'jsonl'), field: text })
  .map((each) => (each.format === 'lines' ? { ...each, field: 'text' } : each));

describe('a link', () => {
  it('brings back what it was made of', () => {
    fc.assert(
      fc.property(input, (each) => {
        expect(fromFragment(toFragment(each) ?? '')).toEqual(each);
      }),
    );
  });

  it('survives being read out of an address', () => {
    fc.assert(
      fc.property(input, (each) => {
        const url = new URL('http://localhost/');
        url.hash = toFragment(each) ?? '';
        expect(fromFragment(new URL(url.href).hash)).toEqual(each);
      }),
    );
  });

  it('is not made of too much', () => {
    const long = {
      query: 'q',
      instruction: '',
      documents: 'x'.repeat(MAX_FRAGMENT),
      format: 'lines',
      field: 'text',
    } as const;
    expect(toFragment(long)).toBeUndefined();
    expect(toFragment({ ...long, documents: '文'.repeat(3000) })?.length).toBeLessThan(MAX_FRAGMENT);
  });

  it('may hold anything', () => {
    expect(fromFragment('')).toBeUndefined();
    expect(fromFragment('#')).toBeUndefined();
    expect(fromFragment(`#query=q&documents=${'x'.repeat(MAX_FRAGMENT)}`)).toBe('damaged');
    expect(fromFragment('#__proto__=1&constructor=2')).toBe('damaged');
    expect(fromFragment('#query=%E0%A4%A&documents=%ff%00')).toMatchObject({ format: 'lines' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (each) => {
        const read = fromFragment(`#${each}`);
        if (typeof read !== 'object') return;
        for (const value of Object.values(read)) expect(typeof value).toBe('string');
      }),
    );
  });
});
