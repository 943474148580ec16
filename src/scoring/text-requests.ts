import type { EngineRequest } from '../engine/reranker-engine.ts';
import type { Question } from './scorer.ts';

/** Questions as requests of at most `batchSize` documents of one query each. Frozen: engines get to see them. */
export function requestsOf(questions: readonly Question[], batchSize: number): EngineRequest[] {
  const requests: EngineRequest[] = [];
  for (const { query, instruction, documents } of questions) {
    for (let start = 0; start < documents.length; start += batchSize) {
      const part = documents.slice(start, start + batchSize);
      const texts = Object.freeze(part.map(({ text }) => text));
      const indices = Object.freeze(part.map(({ slot }) => slot));
      requests.push(Object.freeze({ query, instruction, documents: texts, indices }));
    }
  }
  return requests;
}
