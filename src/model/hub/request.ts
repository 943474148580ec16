import { RerankitError, show } from '../../errors.ts';
import { networkReason } from '../../http/network-reason.ts';
import { TransientError } from '../../http/transient-error.ts';
import { statusError } from './status-error.ts';
import type { Subject } from './subject.ts';

/** What a request needs to know about the Hub it goes to. */
export interface HubConnection {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
}

const MAX_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * One request, redirects followed. Resolves to a successful response; rejects with a {@link TransientError} where
 * another try may help, with a `RerankitError` where not, and with the signal's reason.
 *
 * Redirects are followed here and not by `fetch`, because the Hub sends large files to other hosts, which must not see
 * the token, whatever `fetch` the caller supplies. The token goes to the endpoint's own origin only.
 */
export async function request(
  hub: HubConnection,
  subject: Subject,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const home = new URL(hub.endpoint);
  let target = new URL(url);
  let { method = 'GET', body = null } = init;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const atHome = target.origin === home.origin;
    const headers = new Headers(init.headers);
    // Sizes and ranges count the file's own bytes, not compressed ones.
    headers.set('accept-encoding', 'identity');
    headers.set('user-agent', 'rerankit');
    headers.delete('authorization');
    if (atHome && hub.token !== undefined) headers.set('authorization', `Bearer ${hub.token}`);
    const response = await send(hub, target, { ...init, method, body, headers, redirect: 'manual' });
    if (!REDIRECTS.includes(response.status)) {
      if (response.ok) return response;
      throw await statusError(response, subject, { home, atHome, tokenSent: atHome && hub.token !== undefined });
    }
    await response.body?.cancel();
    target = nextTarget(response, target);
    // 307 and 308 repeat the request as it was; the others ask for a plain GET.
    if (response.status < 307) {
      method = 'GET';
      body = null;
    }
  }
  throw new RerankitError('DOWNLOAD_FAILED', `${home.origin} redirects ${show(new URL(url).pathname)} in circles.`);
}

async function send(hub: HubConnection, target: URL, init: RequestInit): Promise<Response> {
  try {
    return await hub.fetch(target.href, init);
  } catch (cause) {
    hub.signal?.throwIfAborted();
    throw new TransientError(`${target.origin} could not be reached (${networkReason(cause)})`, { cause });
  }
}

function nextTarget(response: Response, from: URL): URL {
  const location = response.headers.get('location') ?? '';
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const safe = target !== undefined && (target.protocol === 'https:' || target.protocol === from.protocol);
  if (target === undefined || !safe || !/^https?:$/.test(target.protocol)) {
    // Only the origin is shown: what follows it may be a signed, that is secret, address.
    const shown = target === undefined ? 'nowhere' : show(target.origin);
    throw new RerankitError(
      'DOWNLOAD_FAILED',
      `${from.origin} redirects to ${shown}, which is not a safe place to follow.`,
    );
  }
  return target;
}
