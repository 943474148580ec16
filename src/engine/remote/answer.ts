import { show } from '../../errors.ts';
import type { ScoreKind } from './connect-options.ts';
import type { Connection } from './connection.ts';
import { field, isRecord } from './json.ts';
import { toLogit } from './logits.ts';

/** Where the parts of a result are. */
export interface ResultShape {
  readonly server: Connection;
  readonly path: string;
  /** The number of a result. */
  readonly score: (result: unknown) => unknown;
}

/**
 * A server's results as an array in the order of the request: whatever order they came in, each document must have
 * exactly one, with a finite number. Throws `REMOTE_FAILED`.
 */
export function inOrder(results: unknown, documents: number, shape: ResultShape): Float64Array {
  const bad = (what: string) => shape.server.unexpected(shape.path, what);
  if (!Array.isArray(results)) throw bad(`${show(results)} where a list of results belongs`);
  if (results.length !== documents) throw bad(`${results.length} results for ${documents} documents`);
  const scores = new Float64Array(documents);
  const seen = new Uint8Array(documents);
  for (const result of results as readonly unknown[]) {
    const index = isRecord(result) ? field(result, 'index') : undefined;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= documents) {
      throw bad(`${show(index)} as the index of a result for ${documents} documents`);
    }
    if (seen[index] === 1) throw bad(`two results of document ${index}`);
    const score = shape.score(result);
    if (typeof score !== 'number' || !Number.isFinite(score))
      throw bad(`${show(score)} as the score of document ${index}`);
    seen[index] = 1;
    scores[index] = score;
  }
  return scores;
}

/** Turns a server's numbers into logits. Throws `REMOTE_FAILED` for one that is not of the kind. */
export function logitsOf(
  scores: Float64Array,
  kind: ScoreKind,
  { server, path }: Pick<ResultShape, 'server' | 'path'>,
): Float64Array {
  return scores.map((score, index) => {
    const logit = toLogit(score, kind);
    if (logit !== undefined) return logit;
    throw server.unexpected(path, `the score ${score} for document ${index} where a ${kind} belongs`);
  });
}
