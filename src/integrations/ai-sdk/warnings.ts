import type { Ranked } from '../ranker.ts';
import type { RerankingWarning } from './types.ts';

/** Documents were objects, and nothing told what to read of them. */
export const AS_JSON: RerankingWarning = {
  type: 'compatibility',
  feature: 'object documents',
  details: 'Objects are ranked as JSON text. The option text of rerankingModel tells what to read instead.',
};

/** Headers were given. */
export const NO_HEADERS: RerankingWarning = {
  type: 'unsupported',
  feature: 'headers',
  details: 'The model runs in this process: there is no request to send headers with.',
};

/** A warning if one of the documents in the answer lost its tail. */
export function truncationOf(results: readonly Ranked<unknown>[]): RerankingWarning[] {
  const indices = results.filter(({ truncated }) => truncated).map(({ index }) => index);
  return tooLong(indices, 'ranked without their tail: documents');
}

/** A warning if one of the texts that were embedded lost its tail. */
export function truncatedTexts(truncated: readonly boolean[]): RerankingWarning[] {
  const indices = [...truncated.keys()].filter((index) => truncated[index]);
  return tooLong(indices, 'embedded without their tail: values');
}

function tooLong(indices: readonly number[], what: string): RerankingWarning[] {
  if (indices.length === 0) return [];
  return [{ type: 'other', message: `Too long for the model, ${what} ${indices.join(', ')}.` }];
}
