/** Redirects that repeat the request as it was. */
const REPEATING = [307, 308];
const MAX_REDIRECTS = 5;

/** A redirect that is not followed; `where` it leads. */
export class RefusedRedirect extends Error {
  readonly where: string;

  constructor(where: string) {
    super(`redirected to ${where}`);
    this.where = where;
  }
}

/**
 * Sends a request, and follows redirects itself instead of leaving them to `fetch`: never to another server, which must see
 * neither key nor documents, and never so that a POST becomes a GET.
 */
export async function send(transport: typeof fetch, url: URL, init: RequestInit): Promise<Response> {
  let target = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await transport(target.href, { ...init, redirect: 'manual' });
    if (response.status < 300 || response.status > 399) return response;
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    if (!URL.canParse(location, target.href)) throw new RefusedRedirect('nowhere');
    const next = new URL(location, target);
    if (next.origin !== target.origin || !REPEATING.includes(response.status)) {
      throw new RefusedRedirect(`${next.origin}${next.pathname}`); // What follows may be secret.
    }
    target = next;
  }
  throw new RefusedRedirect('itself, in circles');
}
