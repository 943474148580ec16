import type { Comparison, SystemReport } from './comparison.ts';
import { pText, signed, timeText } from './markdown.ts';

const WIDTH = 860;
const FIGURES = 250;
const BAR = 18;
const GAP = 10;
const TITLE = 34;
/** Widest column of names; about seven pixels a character. */
const MOST_NAMES = 330;
const CHARACTER = 7;

/** Readable on a light and on a dark page, also without seeing colours. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .note { fill: #59636e; font-size: 12px }
    .bar { fill: #0969da }
    .baseline { fill: #afb8c1 }
    .range { stroke: #1f2328; stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .bar { fill: #4493f8 }
      .baseline { fill: #59636e }
      .range { stroke: #e6edf3 }
    }`;

/** A comparison as a picture (SVG): a bar for each system by the first measure, with its confidence interval. */
export function comparisonSvg({ measures, systems, queries, baseline }: Comparison): string {
  const longest = Math.max(...systems.map(({ name }) => [...name].length));
  const names = Math.min(MOST_NAMES, 16 + CHARACTER * longest);
  const most = Math.max(1e-9, ...systems.map(({ measures: [first] }) => first?.high ?? 0));
  const scale = (WIDTH - names - FIGURES) / most;
  const rows = systems.flatMap((system, at) => rowOf(system, TITLE + at * (BAR + GAP), names, scale, baseline));
  const end = TITLE + systems.length * (BAR + GAP);
  const title = `${measures[0] ?? ''}, ${queries.toLocaleString('en-US')} queries`;
  const note = `Lines are 95% confidence intervals of the mean; differences and p are from ${baseline}, times are medians.`;
  const parts = [text(0, 18, title, 'title'), ...rows, text(0, end + 16, note, 'note')];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${end + 26}" role="img" aria-label="${escaped(title)}">
  <style>${STYLE}
  </style>
  ${parts.join('\n  ')}
</svg>
`;
}

function rowOf(system: SystemReport, y: number, left: number, scale: number, baseline: string): string[] {
  const { name, time, measures } = system;
  const { mean = 0, low = 0, high = 0, versusBaseline: versus } = measures[0] ?? {};
  const middle = y + BAR / 2;
  const at = (value: number): string => (left + value * scale).toFixed(1);
  const figures = [
    mean.toFixed(3),
    ...(versus === undefined ? [] : [`${signed(versus.difference)} (p ${pText(versus.p)})`]),
    ...(time === undefined ? [] : [timeText(time.p50Ms)]),
  ];
  const kind = name === baseline ? 'baseline' : 'bar';
  return [
    text(0, y + BAR - 5, shortened(name, left - 16)),
    `<rect class="${kind}" x="${left}" y="${y}" width="${Math.max(1, mean * scale).toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="range" x1="${at(low)}" y1="${middle}" x2="${at(high)}" y2="${middle}"/>`,
    text(left + high * scale + 8, y + BAR - 5, figures.join(', ')),
  ];
}

function shortened(name: string, pixels: number): string {
  const characters = [...name];
  const room = Math.floor(pixels / CHARACTER);
  return characters.length <= room ? name : `${characters.slice(0, room - 1).join('')}…`;
}

function text(x: number, y: number, content: string, style?: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${style === undefined ? '' : ` class="${style}"`}>${escaped(content)}</text>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML knows no control characters, not even escaped, and no halves of surrogate pairs. */
function escaped(content: string): string {
  return content.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]+/gu, ' ').replace(/[&<>"]/g, (mark) => ENTITIES[mark] ?? '');
}
