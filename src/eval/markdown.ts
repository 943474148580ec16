import type { Comparison, Difference, SystemReport } from './comparison.ts';

/** A comparison as cells of a table, the first row its head. */
export function comparisonRows({ measures, baseline, systems }: Comparison): string[][] {
  const [first = ''] = measures;
  const timed = systems.some(({ time }) => time !== undefined);
  const head = [
    '',
    ...measures,
    `${first} against ${baseline}`,
    'p',
    'better / worse',
    ...(timed ? ['time a query'] : []),
  ];
  return [head, ...systems.map((system) => rowOf(system, timed))];
}

function rowOf({ name, measures, time }: SystemReport, timed: boolean): string[] {
  const versus = measures[0]?.versusBaseline;
  return [
    name,
    ...measures.map(({ mean }) => mean.toFixed(4)),
    ...(versus === undefined ? ['', '', ''] : differenceCells(versus)),
    ...(timed ? [time === undefined ? '' : timeText(time.p50Ms)] : []),
  ];
}

function differenceCells({ difference, p, better, worse }: Difference): string[] {
  return [signed(difference), pText(p), `${better} / ${worse}`];
}

/** The differences of all pairs as cells of a table, the first row its head. */
export function pairRows({ measures, pairs }: Comparison): string[][] {
  const head = ['', measures[0] ?? '', 'p', 'better / worse'];
  return [head, ...pairs.map(({ a, b, ...difference }) => [`${a} → ${b}`, ...differenceCells(difference)])];
}

/**
 * A comparison in Markdown: a table of the systems, with what the first measure says about the difference from the baseline,
 * and, if there are more than two systems, a table of all pairs.
 */
export function comparisonMarkdown(comparison: Comparison): string {
  const { queries, baseline, samples, systems } = comparison;
  const lines = table(comparisonRows(comparison));
  lines.push(
    '',
    `${queries.toLocaleString('en-US')} queries. Differences are from ${escaped(baseline)}; p is that of the paired randomisation test ` +
      `(two-sided, ${samples.toLocaleString('en-US')} samples, not corrected for several tests). Times are medians.`,
  );
  if (systems.length > 2) lines.push('', ...table(pairRows(comparison)));
  return `${lines.join('\n')}\n`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const [head = '', ...body] = rows.map((row) => `| ${row.map(escaped).join(' | ')} |`);
  const rule = `|${(rows[0] ?? []).map((_, at) => (at === 0 ? ' --- |' : ' ---: |')).join('')}`;
  return [head, rule, ...body];
}

/** Names come from outside: in one line, and without meaning to Markdown or HTML. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/[\\`*_[\]<>|&#~]/g, (mark) => `\\${mark}`);
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

export function pText(p: number): string {
  if (p >= 0.0995) return p.toFixed(2);
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function timeText(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
