import { Problem } from './problem.js';

/**
 * What the service tells about itself: `GET /v2/info`.
 * @typedef {object} ServiceInfo
 * @property {string} [model]
 * @property {string} [device]
 * @property {string} [dtype]
 * @property {string} [version] of the library
 * @property {string} [instruction] of requests that give none
 * @property {number} [max_documents]
 * @property {boolean} [key_required]
 */

/**
 * @typedef {object} Result
 * @property {number} index place in the request
 * @property {number} relevance_score 0 to 1
 * @property {boolean} truncated
 */

/**
 * @typedef {object} Ranking
 * @property {readonly Result[]} results best first
 * @property {{ prompt: number, computed: number } | undefined} tokens
 */

/** Where the service is: the page's own folder, wherever that was mounted. */
export const SERVICE_URL = new URL('.', location.href).href;

/** Milliseconds between questions to a service that is still loading its model. */
const LOADING_MS = 1500;

/**
 * What can be known of the service, once it has loaded its model; nothing where it does not tell.
 * @returns {Promise<ServiceInfo>}
 */
export async function serviceInfo() {
  const answer = await fetch(new URL('v2/info', SERVICE_URL)).catch(() => undefined);
  if (answer?.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, LOADING_MS));
    return serviceInfo();
  }
  const info = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
  return typeof info === 'object' && info !== null ? info : {};
}

/**
 * Throws {@link Problem}, or the signal's reason.
 * @param {{ query: string, documents: readonly string[], instruction?: string }} request
 * @param {{ key: string, signal: AbortSignal }} options
 * @returns {Promise<Ranking>}
 */
export async function rank(request, { key, signal }) {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (key !== '') headers.set('authorization', `Bearer ${key}`);
  const url = new URL('v2/rerank', SERVICE_URL);
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request), signal });
    const body = await answer.json().catch((error) => {
      if (signal.aborted || !(error instanceof SyntaxError)) throw error;
    });
    if (!answer.ok) throw refusal(answer, body, key);
    return rankingIn(body, request.documents.length);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Problem ? error : new Problem('unreachable');
  }
}

/**
 * @param {Response} answer
 * @param {any} body
 * @param {string} key
 */
function refusal({ status, headers }, body, key) {
  if (status === 401) return new Problem(key === '' ? 'needsKey' : 'wrongKey');
  if (status === 429) {
    const wait = headers.get('retry-after') ?? '';
    return /^\d{1,6}$/.test(wait) ? new Problem('busy', Number(wait)) : new Problem('busyNow');
  }
  const message = body?.message;
  return typeof message === 'string' && message !== ''
    ? new Problem('failed', String(status), message)
    : new Problem('failedSilently', String(status));
}

/**
 * @param {any} body
 * @param {number} count
 * @returns {Ranking}
 */
function rankingIn(body, count) {
  const results = body?.results;
  if (!Array.isArray(results) || !results.every((each) => isResult(each, count))) throw new Problem('oddAnswer');
  const { prompt_tokens: prompt, computed_tokens: computed } = body.usage ?? {};
  const counted = Number.isFinite(prompt) && Number.isFinite(computed);
  return { results, tokens: counted ? { prompt, computed } : undefined };
}

/**
 * @param {any} result
 * @param {number} count
 */
function isResult(result, count) {
  const { index, relevance_score: score } = result ?? {};
  const scored = typeof score === 'number' && score >= 0 && score <= 1;
  return scored && Number.isInteger(index) && index >= 0 && index < count;
}
