import { RerankitError, show } from '../../errors.ts';
import type { RerankerEngine } from '../reranker-engine.ts';
import type { ConnectOptions, RemoteInfo, ScoreKind } from './connect-options.ts';
import type { Connection } from './connection.ts';
import { DIALECTS } from './dialects.ts';
import { count, field, isRecord } from './json.ts';
import type { RemoteProtocol } from './protocols.ts';
import { askServer, RerankEngine, type RerankEngineOptions } from './rerank-engine.ts';
import { RERANKIT_INFO_PATH } from './rerankit-api.ts';
import { RerankitEngine } from './rerankit-engine.ts';
import { kindOf, type Measured, measureSwitch, PROBE } from './score-kind.ts';
import { servedModel } from './served-model.ts';
import { connectVllm } from './vllm/connect-vllm.ts';

/** What each protocol finds out. */
export interface Found {
  readonly engine: RerankerEngine;
  readonly model: string | undefined;
  readonly contextLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly maxDocuments: number;
  readonly batchSize: number;
  readonly scores: ScoreKind;
  readonly prompt?: RemoteInfo['prompt'];
}

type Find = (server: Connection, options: ConnectOptions, signal: AbortSignal) => Promise<Found>;

/** How each protocol's server is looked at. */
export const FINDERS: Readonly<Record<RemoteProtocol, Find>> = {
  async vllm(server, { model, maxLength, prompt = 'auto', instruction }, signal) {
    const options = { model, maxLength, prompt, instruction };
    const { measured, ...found } = await connectVllm(server, options, signal);
    return { ...found, scores: measured.kind, maxDocuments: 10_000, batchSize: 64 };
  },
  async tei(server, options, signal) {
    const info = await server.getIfThere('/info', signal);
    const type = field(info, 'model_type');
    if (isRecord(type) && !('reranker' in type)) {
      const kind = Object.keys(type)[0];
      throw server.failed(`serves a model of type ${show(kind)}, which does not rerank: start it with a reranker.`);
    }
    const model = field(info, 'model_id');
    const maxDocuments = count(field(info, 'max_client_batch_size')) || DIALECTS.tei.maxDocuments;
    const contextLength = count(field(info, 'max_input_length'));
    const found = await switched({ server, protocol: 'tei', dialect: DIALECTS.tei, model: undefined }, signal);
    const name = typeof model === 'string' ? model : options.model;
    if (options.model !== undefined && name !== options.model) {
      throw new RerankitError('MODEL_NOT_FOUND', `${server.name} serves ${show(name)}, not ${show(options.model)}.`);
    }
    return { ...found, model: name, contextLength, maxDocuments, batchSize: maxDocuments };
  },
  async infinity(server, options, signal) {
    const reranks = (entry: unknown): boolean => {
      const capabilities = field(entry, 'capabilities');
      return !Array.isArray(capabilities) || capabilities.includes('rerank');
    };
    const { model } = await servedModel(server, '/models', options.model, signal, reranks);
    return switched({ server, protocol: 'infinity', dialect: DIALECTS.infinity, model }, signal);
  },
  async 'llama.cpp'(server, options, signal) {
    const { model } = await servedModel(server, '/v1/models', options.model, signal);
    const engine = { server, protocol: 'llama.cpp', dialect: DIALECTS['llama.cpp'], model };
    const { query, documents } = PROBE;
    const { scores } = await askServer(engine, { query, documents, raw: false }, signal);
    return foundOf(engine, { kind: kindOf(scores), raw: false });
  },
  cohere: hosted('cohere'),
  jina: hosted('jina'),
  voyage: hosted('voyage'),
  async rerankit(server, { model }, signal) {
    const info = await server.getIfThere(RERANKIT_INFO_PATH, signal);
    const served = field(info, 'model');
    const maxDocuments = count(field(info, 'max_documents')) || 10_000;
    const maxLength = count(field(info, 'max_length'));
    return {
      engine: new RerankitEngine(server, model),
      model: model ?? (typeof served === 'string' ? served : undefined),
      contextLength: maxLength,
      maxLength,
      maxDocuments,
      batchSize: 256,
      scores: 'logit',
    };
  },
};

/** A service that counts what it is sent: nothing is, before the first call. */
function hosted(protocol: 'cohere' | 'jina' | 'voyage'): Find {
  return async (server, { model }) => {
    if (model === undefined) {
      throw new RerankitError(
        'INVALID_OPTION',
        `The option model of Reranker.connect is missing: protocol '${protocol}' needs one.`,
      );
    }
    // Jina's third generation ranks by cosine similarity.
    const kind = protocol === 'jina' && /reranker-v3/.test(model) ? 'cosine' : 'probability';
    return foundOf({ server, protocol, dialect: DIALECTS[protocol], model }, { kind, raw: false });
  };
}

/** A server with a switch for raw scores. */
async function switched(engine: RerankEngineOptions, signal: AbortSignal): Promise<Found> {
  const { query, documents } = PROBE;
  const raw = await askServer(engine, { query, documents, raw: true }, signal);
  const plain = await askServer(engine, { query, documents, raw: false }, signal);
  return foundOf(engine, measureSwitch(raw.scores, plain.scores));
}

function foundOf(engine: RerankEngineOptions, measured: Measured): Found {
  const { model, dialect } = engine;
  const { maxDocuments, batchSize } = dialect;
  return { engine: new RerankEngine(engine, measured), model, maxDocuments, batchSize, scores: measured.kind };
}
