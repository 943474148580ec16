import { RerankitError, show } from '../../errors.ts';
import { retryAfter } from '../../http/retry-after.ts';
import { TransientError } from '../../http/transient-error.ts';
import type { Subject } from './subject.ts';

/** Who refused, and whether it knew who asks. */
interface Circumstances {
  readonly home: URL;
  /** Whether the answer is the Hub's own, or that of a host it redirected to. */
  readonly atHome: boolean;
  readonly tokenSent: boolean;
}

/** Turns an unsuccessful response into the error to throw. Frees the response's connection. */
export async function statusError(
  response: Response,
  subject: Subject,
  { home, atHome, tokenSent }: Circumstances,
): Promise<RerankitError | TransientError> {
  // The body is ignored: the Hub says what it means in headers, proxies send pages of HTML.
  await response.body?.cancel().catch(() => undefined);
  const { status } = response;
  const code = response.headers.get('x-error-code');
  const what = describe(subject);
  if (status === 408 || status === 429 || status >= 500) {
    return new TransientError(`the server answered ${status} for ${what}`, { retryAfterMs: retryAfter(response) });
  }
  if (!atHome && (status === 401 || status === 403)) {
    // A signed address of another host has expired. Asking the Hub again gives a fresh one.
    return new TransientError(`the download server answered ${status} for ${what}`);
  }
  if (status === 401 || status === 403) {
    const page = `${home.href.replace(/\/+$/, '')}/${subject.repository}`;
    const fix =
      code === 'GatedRepo'
        ? `The model is gated: accept its terms at ${page}, and set HF_TOKEN (or pass token) to a token of that account.`
        : tokenSent
          ? 'The token (HF_TOKEN, token or the token file) is not valid, or may not read this; or no such repository exists.'
          : 'Set HF_TOKEN or pass token. The model is private or gated, or no such repository exists: the answer is the same.';
    return new RerankitError('DOWNLOAD_UNAUTHORIZED', `${home.origin} answered ${status} for ${what}. ${fix}`);
  }
  if (status === 404 && atHome) {
    return new RerankitError('MODEL_NOT_FOUND', `${missing(subject, code)} at ${home.origin}.`);
  }
  return new RerankitError('DOWNLOAD_FAILED', `The server answered ${status} for ${what}.`);
}

function missing({ repository, revision, file }: Subject, code: string | null): string {
  const hint = `and there is no directory ${show(repository)} here either`;
  if (code === 'RepoNotFound') return `There is no repository ${show(repository)} (${hint})`;
  if (code === 'RevisionNotFound') return `Repository ${show(repository)} has no revision ${show(revision)}`;
  if (file !== undefined)
    return `Repository ${show(repository)} has no file ${show(file)} in revision ${show(revision)}`;
  return `There is no repository ${show(repository)} with a revision ${show(revision)} (${hint})`;
}

/** Names what was asked for in errors. */
export function describe({ repository, revision, file }: Subject): string {
  return `${file === undefined ? '' : `${file} of `}${repository} (revision ${revision})`;
}
