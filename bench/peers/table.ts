import type { LoadFigures, PeerReport, RankFigures } from './figures.ts';
import { reference } from './figures.ts';

const whole = (value: number) => Math.round(value).toLocaleString('en');

/** The report as Markdown, which reads well in a terminal too. */
export function markdown(report: PeerReport): string {
  const names = [...new Set(report.rows.map(({ workload }) => workload.name))];
  return [...names.map((name) => workloadTable(report.rows.filter((row) => row.workload.name === name))), loads(report)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function workloadTable(rows: readonly RankFigures[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const against = reference(rows);
  const { name, documents, tokens } = first.workload;
  const ratio = (row: RankFigures) =>
    against === undefined ? '' : `${(against.documentsPerSecond / row.documentsPerSecond).toFixed(2)}x`;
  return table(
    [
      `${name}: ${documents} documents of about ${tokens} tokens`,
      'documents/s',
      'tokens/s',
      'peak MB',
      'runs',
      timesOf(against),
    ],
    rows.map((row) => [
      row.contender.id,
      row.documentsPerSecond.toPrecision(3),
      whole(row.tokensPerSecond),
      whole(row.peakBytes / 1e6),
      `${row.runs.length}`,
      ratio(row),
    ]),
  );
}

function timesOf(against: RankFigures | undefined): string {
  return against === undefined ? 'ratio' : `${against.contender.id} is faster by`;
}

function loads({ loads: figures }: PeerReport): string {
  return table(
    ['load', 'first ms', 'its peak MB', 'second ms', 'peak MB of all'],
    figures.map((load) => [load.contender.id, ...loadCells(load)]),
  );
}

function loadCells({ refused, firstLoadMs, firstLoadPeakBytes, secondLoadMs, peakBytes }: LoadFigures): string[] {
  if (refused !== undefined) return [`refused: ${refused.split('\n')[0]}`, '', '', ''];
  const time = (ms: number | null) => (ms === null ? '' : whole(ms));
  const megabytes = (bytes: number | null) => (bytes === null ? '' : whole(bytes / 1e6));
  return [time(firstLoadMs), megabytes(firstLoadPeakBytes), time(secondLoadMs), megabytes(peakBytes)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => Math.min(40, row[at]?.length ?? 0))),
  );
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
