import type { Problem } from '../problem.ts';

/** How each protocol says what went wrong. The status is the response's. */

/** Cohere's, and this library's own, which adds the code. */
export function cohereFailure({ message, code }: Problem): object {
  return { message, ...(code === undefined ? {} : { code }) };
}

/** Of Jina and Voyage. */
export function detailFailure({ message }: Problem): object {
  return { detail: message };
}

/** Of OpenAI, which vLLM, infinity and llama.cpp follow. */
export function openaiFailure({ message, status }: Problem): object {
  return { error: { message, type: OPENAI_TYPES.get(status) ?? 'InternalServerError', param: null, code: status } };
}

const OPENAI_TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequestError'],
  [401, 'AuthenticationError'],
  [404, 'NotFoundError'],
  [405, 'MethodNotAllowedError'],
  [413, 'BadRequestError'],
  [415, 'BadRequestError'],
  [422, 'BadRequestError'],
  [429, 'RateLimitError'],
  [503, 'ServiceUnavailableError'],
  [504, 'TimeoutError'],
]);

/** Of text-embeddings-inference. */
export function teiFailure({ message, status }: Problem): object {
  return { error: message, error_type: teiType(status) };
}

function teiType(status: number): string {
  if (status === 429) return 'Overloaded';
  if (status === 503) return 'Unhealthy';
  return status < 500 ? 'Validation' : 'Backend';
}

/** For requests that may be of several of these protocols: each finds its own part. */
export function anyFailure(problem: Problem): object {
  return { ...cohereFailure(problem), ...detailFailure(problem), ...openaiFailure(problem) };
}
