import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Reranker } from 'rerankit';
import type { RerankitRequest, RerankitResponse, RerankitServiceInfo } from '../../src/engine/remote/rerankit-api.ts';
import { PAGE_HEADERS, pageFile } from '../../src/server/page/index.ts';

/** The page, and as much of the service as it calls. */
export interface PageService {
  /** The page's own; ends with a slash. */
  readonly url: string;
  /** Method and path of each request so far. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** How to serve the page. */
export interface PageServiceOptions {
  /** What `/v2/info` says besides, or instead. */
  readonly info?: Partial<RerankitServiceInfo>;
  /** Folder that the page is mounted at. @default '/' */
  readonly mount?: string;
}

/** Serves the page with a reranker behind it, on a free port of this machine. */
export async function servePage(
  reranker: Reranker,
  { info = {}, mount = '/' }: PageServiceOptions = {},
): Promise<PageService> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const path = request.url?.startsWith(mount) ? `/${request.url.slice(mount.length)}` : undefined;
    answer(reranker, info, path, request, response).catch((error: Error) => {
      if (response.destroyed) return; // the page hung up
      send(response, 500, { message: error.message });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${mount}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  reranker: Reranker,
  extra: Partial<RerankitServiceInfo>,
  path: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { model, device, dtype } = reranker.info;
  switch (`${request.method} ${path}`) {
    case 'GET /v2/info': {
      const known = {
        model,
        max_length: 8192,
        max_documents: 1000,
        ...(device && { device }),
        ...(dtype && { dtype }),
      };
      return send(response, 200, { ...known, ...extra } satisfies RerankitServiceInfo);
    }
    case 'POST /v2/rerank': {
      const { query, documents, instruction } = JSON.parse(await text(request)) as RerankitRequest;
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const { results, usage } = await reranker.rerank(query, documents, { instruction, signal: gone.signal });
      return send(response, 200, {
        id: 'test',
        results: results.map(({ index, score, logit, truncated }) => ({
          index,
          relevance_score: score,
          logit,
          truncated,
        })),
        usage: { prompt_tokens: usage.promptTokens, computed_tokens: usage.computedTokens },
      } satisfies RerankitResponse);
    }
    default: {
      const file = request.method === 'GET' ? pageFile(path ?? '') : undefined;
      if (file === undefined) return send(response, 404, { message: 'There is nothing here.' });
      response.writeHead(200, { ...PAGE_HEADERS, 'content-type': file.type }).end(file.body);
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
