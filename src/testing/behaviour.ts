import type { EngineRequest } from '../engine/reranker-engine.ts';
import { RerankitError, show } from '../errors.ts';
import { fraction } from '../option-rules.ts';
import { lexicalLogit, termsOf } from './lexical-score.ts';
import type { TestScores } from './types.ts';

/** Gives a request's logits. */
export type Judge = (request: EngineRequest) => number[];

/** What is done with a call. */
export interface Behaviour {
  readonly judge: Judge;
  /** Milliseconds. */
  readonly delay: number;
  readonly outcome: 'score' | 'hang' | { readonly error: Error };
}

/** Where the sigmoid is 1 in float64, and next to nothing on the other side. */
const LARGEST_LOGIT = 40;

/** Scores by words. */
export const byWords: Judge = ({ query, documents }) => {
  const wanted = termsOf(query);
  return documents.map((document) => lexicalLogit(wanted, termsOf(document)));
};

/** Throws `INVALID_OPTION` unless they are scores. What they hold later has no effect. */
export function judgeBy(scores: TestScores, name: string): Judge {
  if (typeof scores === 'function') {
    return ({ query, documents, indices, instruction }) =>
      documents.map((text, at) => {
        const index = indices[at] ?? at;
        return logitOf(scores({ query, text, index, instruction }), `What ${name} returned for document ${index}`);
      });
  }
  if (Array.isArray(scores)) {
    const logits = scores.map((score: unknown, index) => logitOf(score, `${name}[${index}]`));
    return ({ indices }) =>
      indices.map((index) => {
        const logit = logits[index];
        if (logit !== undefined) return logit;
        throw bad(`${name} has ${logits.length} scores, but the call has a document ${index}; give one a document.`);
      });
  }
  if (typeof scores !== 'object' || scores === null) {
    throw bad(`${name} must be a list, an object or Map by text, or a function, not ${show(scores)}.`);
  }
  const entries: Iterable<[string, unknown]> = scores instanceof Map ? scores : Object.entries(scores);
  const logits = new Map(Array.from(entries, ([text, score]) => [text, logitOf(score, `${name} of ${show(text)}`)]));
  return ({ documents }) => documents.map((text) => logits.get(text) ?? -LARGEST_LOGIT);
}

function logitOf(score: unknown, name: string): number {
  if (typeof score !== 'number' || !fraction.accepts(score)) {
    throw bad(`${name} must be ${fraction.expected}, not ${show(score)}.`);
  }
  return Math.min(LARGEST_LOGIT, Math.max(-LARGEST_LOGIT, Math.log(score / (1 - score))));
}

function bad(message: string): RerankitError {
  return new RerankitError('INVALID_OPTION', message);
}
