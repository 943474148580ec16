import { RerankitError, show } from '../../../errors.ts';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../../prompt/template.ts';
import type { RerankerEngine } from '../../reranker-engine.ts';
import type { RemoteInfo } from '../connect-options.ts';
import type { Connection } from '../connection.ts';
import { count, field } from '../json.ts';
import { type Measured, measureSwitch, PROBE } from '../score-kind.ts';
import { servedModel } from '../served-model.ts';
import { checkReaches, halves, PairEngine } from './pair-engine.ts';
import { PromptEngine } from './prompt-engine.ts';
import { familyOf, type ServerTemplate, templateOf } from './server-facts.ts';
import { START, VllmApi, type VllmScores } from './vllm-api.ts';

const DEFAULT_MAX_LENGTH = 8192;

export interface VllmOptions {
  readonly model: string | undefined;
  readonly maxLength: number | undefined;
  readonly prompt: 'auto' | 'server';
  readonly instruction: string | undefined;
}

export interface ConnectedVllm {
  readonly engine: RerankerEngine;
  readonly model: string;
  /** The longest prompt that the server takes. */
  readonly contextLength: number | undefined;
  /** The longest that is sent; `undefined` where the server tokenises. */
  readonly maxLength: number | undefined;
  readonly prompt: RemoteInfo['prompt'];
  readonly measured: Measured;
}

/**
 * Learns how a vLLM server wants its prompts, with some requests of a few tokens each:
 *
 * 1. Whole from here, so that no template of the server touches them, if it has `/tokenize` and `/classify`.
 * 2. In halves, if it has only `/score` and applies no template.
 * 3. As query and document, if it applies Qwen3-Reranker's template itself, serves a model of another kind, or is to.
 *
 * Another template around a model of the family is refused: its scores would be nonsense, and look like scores.
 */
export async function connectVllm(
  server: Connection,
  options: VllmOptions,
  signal: AbortSignal,
): Promise<ConnectedVllm> {
  const { model, entry } = await servedModel(server, '/v1/models', options.model, signal);
  if (model === undefined) throw server.failed('does not tell what it serves: name it in the option model.');
  const contextLength = count(field(entry, 'max_model_len'));
  const api = new VllmApi(server, model);
  const template = await templateOf(api, signal);
  const { member, separatorId } = await familyOf(api, template, signal);
  const ours = options.prompt === 'auto' && member;
  if (ours) {
    if (template?.applies && !template.ours) throw mismatch(server, template);
    const maxLength = maxLengthOf(options.maxLength, contextLength);
    const whole = separatorId && (await tryPrompts(api, { maxLength, separatorId }, signal));
    if (whole) return { ...whole, model, contextLength, maxLength, prompt: 'client' };
  }
  if (template === undefined) {
    throw server.failed(
      `has neither /score nor /classify for ${show(model)}. Qwen3-Reranker is started with ${START}.`,
    );
  }
  if (template.tokens === 0) {
    throw server.failed(
      'does not count tokens (usage.prompt_tokens), so that nobody can tell what prompts it makes. Connect to vLLM itself, or let the gateway pass /tokenize and /classify.',
    );
  }
  if (options.maxLength !== undefined) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option maxLength of Reranker.connect goes with prompts that are made here, and ${server.name} is sent texts: leave it out, and set --max-model-len there.`,
    );
  }
  const prompt = ours && !template.applies ? 'client' : 'server';
  const { query, documents } = PROBE;
  const pair = prompt === 'client' ? halves(undefined, query, documents) : { first: query, second: documents };
  const facts = { api, prompt, instructs: template.instructs } as const;
  checkReaches(options.instruction, facts);
  const measured = await measure((activation) => api.score(pair, activation, signal));
  const engine = new PairEngine({ ...facts, measured });
  return { engine, measured, model, contextLength, maxLength: undefined, prompt };
}

/** The engine that sends whole prompts; `undefined` where the server lacks what it takes. */
async function tryPrompts(
  api: VllmApi,
  options: { readonly maxLength: number; readonly separatorId: number },
  signal: AbortSignal,
): Promise<{ readonly engine: RerankerEngine; readonly measured: Measured } | undefined> {
  const suffix = await api.tokenize(SUFFIX, signal);
  const prefix = SYSTEM_TURN + userTurn(DEFAULT_INSTRUCTION, PROBE.query);
  const prompts = PROBE.documents.map((document) => prefix + documentTurn(document) + SUFFIX);
  const ids: number[][] = [];
  for (const prompt of prompts) ids.push([...(await api.tokenize(prompt, signal))]);
  // Older servers take texts only, or give a single class the probability 1.
  const byIds = await api.tryClassify(ids, true, signal);
  if (byIds === undefined || new Set(byIds.scores).size === 1) return undefined;
  const measured = await measure((activation) => api.classify(prompts, activation, signal));
  return { engine: new PromptEngine({ api, suffix, measured, ...options }), measured };
}

async function measure(ask: (activation: boolean) => Promise<VllmScores>): Promise<Measured> {
  const [raw, plain] = [await ask(false), await ask(true)];
  return measureSwitch(raw.scores, plain.scores);
}

function maxLengthOf(asked: number | undefined, limit: number | undefined): number {
  if (asked !== undefined && limit !== undefined && asked > limit) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option maxLength of Reranker.connect is ${asked}, but the server takes at most ${limit} tokens (--max-model-len).`,
    );
  }
  return asked ?? Math.min(DEFAULT_MAX_LENGTH, limit ?? DEFAULT_MAX_LENGTH);
}

function mismatch(server: Connection, { tokens, ourTokens }: ServerTemplate): RerankitError {
  return server.failed(
    `puts a template of ${tokens} tokens around a pair of a letter and a digit, where Qwen3-Reranker's has ${ourTokens}: scores would be ` +
      `nonsense. Serve Qwen3-Reranker without --chat-template; for another model, whose template this is, set prompt: 'server'.`,
  );
}
