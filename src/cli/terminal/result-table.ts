import type { RerankResult } from '../../types.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import { bar } from './bar.ts';
import { displayWidth, tailToWidth, toWidth } from './display-width.ts';
import type { Style } from './style.ts';
import { oneLine, visible } from './visible.ts';

const BAR_COLUMNS = 10;
/** Narrower terminals get no bars. */
const COLUMNS_FOR_BARS = 70;
const LEAST_COLUMNS = 30;
/** A snippet needs no more of a document than fits on any line. */
const SNIPPET_UNITS = 4_000;

/** Results as lines of at most `columns` columns: rank, score, bar, place, and the beginning of the document. */
export function resultTable(
  results: readonly RerankResult<SourceDocument>[],
  columns: number,
  style: Pick<Style, 'bold' | 'dim' | 'green'>,
): string {
  const width = Math.max(LEAST_COLUMNS, columns);
  const places = results.map(({ document: { source, line } }) => visible(`${source}:${line}`));
  const rankColumns = String(results.length).length;
  const barColumns = width >= COLUMNS_FOR_BARS ? BAR_COLUMNS + 2 : 0;
  const longest = places.reduce((most, place) => Math.max(most, displayWidth(place)), 0);
  const placeColumns = Math.min(longest, Math.floor(width / 3));
  const left = width - (rankColumns + 2 + 5 + 2 + barColumns + placeColumns + 2);
  const lines = results.map(({ score, document }, at) => {
    const rank = style.dim(String(at + 1).padStart(rankColumns));
    const bars = barColumns === 0 ? '' : `${style.green(bar(score, BAR_COLUMNS))}  `;
    const place = style.dim(tailToWidth(places[at] ?? '', placeColumns));
    const snippet = toWidth(oneLine(document.text.slice(0, SNIPPET_UNITS)), left).trimEnd();
    return `${rank}  ${style.bold(score.toFixed(3))}  ${bars}${place}  ${snippet}\n`;
  });
  return lines.join('');
}
