import type { RerankResult } from '../types.ts';
import type { SourceDocument } from './documents/source-document.ts';
import { jsonLine } from './terminal/visible.ts';

/** A result as a line of JSON Lines: where it was found, its scores, and its text, or the whole record it came from. */
export function resultJson({ score, logit, truncated, document }: RerankResult<SourceDocument>, rank: number): string {
  const { text, source, line } = document;
  const content = 'record' in document ? { record: document.record } : { text };
  return `${jsonLine({ rank, score, logit, truncated, source, line, ...content })}\n`;
}
