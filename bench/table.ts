import type { Figures } from './figures.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (figures: Figures) => string;
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const COLUMNS: readonly Column[] = [
  {
    title: 'workload',
    width: 24,
    cell: ({ workload: { name, queries, documents, tokens } }) =>
      `${name} ${queries > 1 ? `${queries}x` : ''}${documents}x${tokens}`,
  },
  { title: 'dtype', width: 6, cell: ({ dtype }) => dtype },
  { title: 'runs', width: 5, cell: ({ runs }) => `${runs}` },
  { title: 'load ms', width: 8, cell: ({ loadMs }) => whole(loadMs) },
  { title: 'first ms', width: 9, cell: ({ firstMs }) => whole(firstMs) },
  { title: 'p50 ms', width: 8, cell: ({ p50Ms }) => whole(p50Ms) },
  { title: 'p95 ms', width: 8, cell: ({ p95Ms }) => whole(p95Ms) },
  { title: 'p99 ms', width: 8, cell: ({ p99Ms }) => whole(p99Ms) },
  { title: 'docs/s', width: 8, cell: ({ documentsPerSecond }) => documentsPerSecond.toPrecision(3) },
  { title: 'tokens/s', width: 9, cell: ({ computedTokensPerSecond }) => whole(computedTokensPerSecond) },
  { title: 'saved', width: 6, cell: (row) => percent(1 - row.computedTokensPerRun / row.promptTokensPerRun) },
  { title: 'matmul', width: 7, cell: ({ matmulFraction }) => percent(matmulFraction) },
  {
    title: 'loop p99/max ms',
    width: 16,
    cell: ({ loop: { ranking } }) => `${ranking.p99.toFixed(1)}/${ranking.max.toFixed(1)}`,
  },
  { title: 'main', width: 6, cell: ({ loop: { ranking } }) => `${(100 * ranking.active).toFixed(1)}%` },
  { title: 'peak MB', width: 8, cell: ({ memory }) => whole(memory.peak / 1e6) },
];

export function headLine(): string {
  return COLUMNS.map(({ title, width }, at) => (at === 0 ? title.padEnd(width) : title.padStart(width))).join('');
}

export function tableLine(figures: Figures): string {
  return COLUMNS.map(({ cell, width }, at) => {
    const text = cell(figures);
    return at === 0 ? text.padEnd(width) : text.padStart(width);
  }).join('');
}

function percent(fraction: number): string {
  return `${Math.round(100 * fraction)}%`;
}
