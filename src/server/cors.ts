/** What pages of other origins may do. */
export class Cors {
  readonly #origins: readonly string[] | '*';

  constructor(origins: readonly string[] | '*') {
    this.#origins = origins;
  }

  /** Headers of every answer to a request of that origin: none for an origin that is not allowed. */
  headers(origin: string | null): Readonly<Record<string, string>> {
    if (this.#origins === '*') return { 'access-control-allow-origin': '*', ...EXPOSED };
    if (this.#origins.length === 0) return {};
    // Caches must not give one origin's answer to another.
    const vary = { vary: 'origin' };
    return origin !== null && this.#origins.includes(origin)
      ? { ...vary, 'access-control-allow-origin': origin, ...EXPOSED }
      : vary;
  }

  /** The answer to a browser that asks before it sends; `undefined` for other requests, and where nothing is allowed. */
  preflight(request: Request): Response | undefined {
    const { headers, method } = request;
    const allowed = this.headers(headers.get('origin'));
    if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return undefined;
    if (!('access-control-allow-origin' in allowed)) return undefined;
    return new Response(null, {
      status: 204,
      headers: {
        ...allowed,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, x-request-id',
        'access-control-max-age': '600',
      },
    });
  }
}

const EXPOSED = { 'access-control-expose-headers': 'retry-after, x-request-id' };
