import { RerankitError } from '../../errors.ts';
import type { RerankerInfo } from '../../types.ts';
import type { RerankerEngine } from '../reranker-engine.ts';
import { baseUrl } from './base-url.ts';
import type { ConnectOptions } from './connect-options.ts';
import { Connection } from './connection.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import { FINDERS } from './finders.ts';
import type { RemoteProtocol } from './protocols.ts';
import { checkInstruction } from './rerank-engine.ts';
import { RERANKIT_PATH } from './rerankit-api.ts';
import { VLLM_PATHS } from './vllm/vllm-api.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 2;

/** A server that has been looked at. */
export interface Connected {
  readonly engine: RerankerEngine;
  readonly info: RerankerInfo;
  /** Documents of a request. */
  readonly batchSize: number;
}

/** Looks at a server and puts an engine in front of it. Options have been checked, apart from what only a protocol knows. */
export async function connect(url: string | URL, options: ConnectOptions): Promise<Connected> {
  const { protocol, signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  const base = baseUrl(url, pathsOf(protocol));
  checkOptions(options);
  const server = new Connection({
    base,
    apiKey: options.apiKey,
    headers: { ...options.headers },
    timeout: options.timeout ?? DEFAULT_TIMEOUT_MS,
    retries: options.retries ?? DEFAULT_RETRIES,
    fetch: options.fetch ?? fetch,
  });
  const found = await FINDERS[protocol](server, options, signal);
  signal.throwIfAborted();
  const { batchSize = Math.min(found.batchSize, found.maxDocuments) } = options;
  if (batchSize > found.maxDocuments) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option batchSize of Reranker.connect is ${batchSize}, but ${server.name} takes at most ${found.maxDocuments} documents a request.`,
    );
  }
  const info: RerankerInfo = {
    model: found.model ?? protocol,
    source: 'remote',
    revision: undefined,
    dtype: undefined,
    dtypeReason: 'a server computes the scores',
    device: undefined,
    deviceId: 0,
    deviceIds: [],
    threads: undefined,
    refusedDevices: [],
    contextLength: found.contextLength,
    maxLength: found.maxLength,
    remote: { url: server.name, protocol, prompt: found.prompt ?? 'server', scores: found.scores },
  };
  return { engine: found.engine, info, batchSize };
}

function pathsOf(protocol: RemoteProtocol): readonly string[] {
  if (protocol === 'vllm') return VLLM_PATHS;
  return [protocol === 'rerankit' ? RERANKIT_PATH : DIALECTS[protocol].path];
}

/** Throws `INVALID_OPTION` for options that the protocol has no use for. */
function checkOptions({ protocol, prompt, maxLength, instruction }: ConnectOptions): void {
  for (const [name, value] of Object.entries({ prompt, maxLength })) {
    if (value === undefined || protocol === 'vllm') continue;
    throw new RerankitError(
      'INVALID_OPTION',
      `The option ${name} of Reranker.connect goes with protocol 'vllm', not '${protocol}'.`,
    );
  }
  const dialects: Readonly<Partial<Record<RemoteProtocol, Dialect>>> = DIALECTS;
  const dialect = dialects[protocol];
  if (dialect !== undefined) checkInstruction(protocol, dialect, instruction);
}
