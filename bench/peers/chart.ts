import type { PeerReport, RankFigures } from './figures.ts';
import { reference } from './figures.ts';

const WIDTH = 860;
const NAMES = 190;
const FIGURES = 190;
const BAR = 18;
const GAP = 6;
const TITLE = 30;
const BARS = WIDTH - NAMES - FIGURES;

/** Readable on a light and on a dark page, with patterns of lightness that do not depend on seeing colours. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .note { fill: #59636e; font-size: 12px }
    .own { fill: #0969da }
    .peer { fill: #afb8c1 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .own { fill: #4493f8 }
      .peer { fill: #59636e }
    }`;

/** Documents per second of each contender, a group of bars for each workload. */
export function drawChart(report: PeerReport): string {
  const names = [...new Set(report.rows.map(({ workload }) => workload.name))];
  const parts: string[] = [];
  let y = 0;
  for (const name of names) {
    const rows = report.rows.filter((row) => row.workload.name === name);
    parts.push(...group(rows, y));
    y += TITLE + rows.length * (BAR + GAP) + 2 * GAP;
  }
  const { machine, threads, date, peers } = report;
  const versions = Object.entries(peers).map(([peer, version]) => `${peer} ${version}`);
  const notes = [
    `${machine.cpu}, ${threads} threads, ${machine.instructions.join(' ')}; ${report.model}, ${date.slice(0, 10)}`,
    [`rerankit ${machine.rerankit}`, ...versions].join(', '),
  ];
  for (const note of notes) {
    y += 18;
    parts.push(text(0, y, note, 'note'));
  }
  const height = y + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Documents per second">
  <style>${STYLE}
  </style>
  ${parts.join('\n  ')}
</svg>
`;
}

function group(rows: readonly RankFigures[], top: number): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { documents, tokens } = first.workload;
  const fastest = Math.max(...rows.map(({ documentsPerSecond }) => documentsPerSecond));
  const against = reference(rows);
  const bars = rows.flatMap((row, at) => {
    const y = top + TITLE + at * (BAR + GAP);
    const width = Math.max(1, (BARS * row.documentsPerSecond) / fastest);
    const ratio = against === undefined ? 1 : row.documentsPerSecond / against.documentsPerSecond;
    const label = `${row.documentsPerSecond.toPrecision(3)} documents/s (${ratio.toFixed(2)})`;
    return [
      text(0, y + BAR - 5, row.contender.id),
      `<rect class="${row.contender.engine === 'rerankit' ? 'own' : 'peer'}" x="${NAMES}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
      text(NAMES + width + 8, y + BAR - 5, label),
    ];
  });
  const title = `${documents} documents of about ${tokens.toLocaleString('en')} tokens`;
  return [text(0, top + TITLE - 11, title, 'title'), ...bars];
}

function text(x: number, y: number, content: string, style?: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}"${style === undefined ? '' : ` class="${style}"`}>${escaped}</text>`;
}
