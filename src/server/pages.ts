import { RERANKIT_INFO_PATH } from '../engine/remote/rerankit-api.ts';
import { type Described, modelList, serviceInfo, teiInfo } from './descriptions.ts';
import type { ServiceState } from './lifecycle.ts';
import { PAGE_HEADERS, pageFile } from './page/index.ts';
import { seconds } from './protocols/v1-answers.ts';
import { json, type Reply, text } from './responses.ts';

/** Something to read, and whether it can be read without a key. */
export interface Page {
  readonly open: boolean;
  /** Throws a 503 where it tells of a model that is not there yet. */
  readonly read: () => Reply;
}

/** What pages tell of. */
export interface PageSources {
  /** The OpenAPI document. */
  readonly api: object;
  readonly described: () => Described;
  readonly metrics: () => string;
  readonly state: () => ServiceState;
}

/** What can be read, by path. */
export function pagesOf({ api, described, metrics, state }: PageSources): ReadonlyMap<string, Page> {
  const created = seconds();
  const telling = (tell: (described: Described) => object) => () => json(tell(described()));
  const models: Page = { open: false, read: telling((each) => modelList(each, created)) };
  return new Map<string, Page>([
    ['/health', { open: true, read: () => json({ status: 'ok' }) }],
    ['/ready', { open: true, read: () => readiness(state()) }],
    ['/openapi.json', { open: true, read: () => json(api) }],
    [RERANKIT_INFO_PATH, { open: true, read: telling(serviceInfo) }],
    ['/metrics', { open: false, read: () => text(metrics(), 'text/plain; version=0.0.4; charset=utf-8') }],
    ['/v1/models', models],
    ['/models', models],
    ['/info', { open: false, read: telling(teiInfo) }],
  ]);
}

/** A file of the web page, which anybody may read; `undefined` for another path. */
export function webPage(path: string): Page | undefined {
  const file = pageFile(path);
  if (file === undefined) return undefined;
  const { type, body } = file;
  return { open: true, read: () => ({ status: 200, body, headers: { ...PAGE_HEADERS, 'content-type': type } }) };
}

function readiness(state: ServiceState): Reply {
  const ready = state === 'ready';
  return json({ ready, state }, ready ? 200 : 503);
}
