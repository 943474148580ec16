import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { randomBits } from '../../src/eval/random.ts';
import { pairedRandomizationTest } from '../../src/eval/significance.ts';

interface Reference {
  readonly tests: { a: number[]; b: number[]; p: number; exact: boolean }[];
}
const { tests }: Reference = JSON.parse(readFileSync(new URL('./reference.json', import.meta.url), 'utf8'));

describe('the paired randomisation test', () => {
  test.each(tests.map(({ a, b, p, exact }) => ({ size: a.length, p, exact, a, b })))(
    'agrees with scipy on $size values (exact: $exact)',
    ({ a, b, p, exact }) => {
      const found = pairedRandomizationTest(a, b, { samples: 100_000 });
      if (exact) expect(found).toBeCloseTo(p, 12);
      // Five standard deviations of a share of 100,000.
      else expect(Math.abs(found - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 100_000) + 1e-4);
      expect(pairedRandomizationTest(b, a, { samples: 100_000 })).toBeCloseTo(found, 2);
    },
  );

  test('is 1 where nothing differs, and the same for the same seed', () => {
    expect(pairedRandomizationTest([0.1, 0.2], [0.1, 0.2])).toBe(1);
    expect(pairedRandomizationTest([], [])).toBe(1);
    const [a, b] = [Array.from({ length: 40 }, (_, at) => at % 7), Array.from({ length: 40 }, (_, at) => at % 5)];
    expect(pairedRandomizationTest(a, b, { seed: 4 })).toBe(pairedRandomizationTest(a, b, { seed: 4 }));
    expect(pairedRandomizationTest(a, b, { seed: 4 })).not.toBe(pairedRandomizationTest(a, b, { seed: 5 }));
  });

  test('refuses values without partners, and those that are no numbers', () => {
    expect(() => pairedRandomizationTest([1], [1, 2])).toThrow(/not 1 and 2/);
    expect(() => pairedRandomizationTest([1], [Number.NaN])).toThrow(/query 0/);
    expect(() => pairedRandomizationTest([1], [1], { samples: 3 })).toThrow(/samples/);
  });
});

test('random bits are even in every place', () => {
  const next = randomBits(9);
  const counts = new Array<number>(32).fill(0);
  for (let draw = 0; draw < 20_000; draw++) {
    const bits = next();
    for (let at = 0; at < 32; at++) counts[at] = (counts[at] ?? 0) + ((bits >>> at) & 1);
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});
