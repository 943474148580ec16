import { RerankitError, show } from '../../errors.ts';

/**
 * The address that a protocol's paths are put behind. Whoever gives the whole endpoint (`…/v1/rerank`) or an API's root
 * (`…/v1`) means the same server. Throws `INVALID_OPTION` unless it is an http(s) URL that holds no secrets.
 */
export function baseUrl(url: unknown, paths: readonly string[]): URL {
  if (!(url instanceof URL) && typeof url !== 'string') throw invalid(`must be a string or a URL, not ${show(url)}`);
  const text = String(url);
  // The address itself is not shown: it may hold a password.
  if (!URL.canParse(text)) throw invalid(`is not a URL; give one such as 'http://localhost:8000'`);
  const base = new URL(text);
  if (!/^https?:$/.test(base.protocol)) throw invalid(`must begin with http:// or https://, not ${base.protocol}`);
  if (base.username !== '' || base.password !== '') {
    throw invalid('holds a user name or password; give them in the option headers, as authorization');
  }
  if (base.search !== '' || base.hash !== '') {
    throw invalid('holds a query or a fragment; give a key in the option apiKey or headers');
  }
  base.pathname = withoutTail(base.pathname.replace(/\/+$/, ''), paths);
  return base;
}

/** A path of the protocol on that server. */
export function endpoint(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/+$/, '') + path;
  return url;
}

function withoutTail(pathname: string, paths: readonly string[]): string {
  for (const path of [...paths].sort((a, b) => b.length - a.length)) {
    if (pathname.endsWith(path)) return pathname.slice(0, -path.length);
  }
  for (const [version] of paths.map((path) => /^\/v\d+(?=\/)/.exec(path) ?? [])) {
    if (version !== undefined && pathname.endsWith(version)) return pathname.slice(0, -version.length);
  }
  return pathname;
}

function invalid(what: string): RerankitError {
  return new RerankitError('INVALID_OPTION', `The url of Reranker.connect ${what}.`);
}
