import { RerankitError } from '../../../errors.ts';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../../prompt/template.ts';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../../reranker-engine.ts';
import { logitsOf } from '../answer.ts';
import { broken } from '../control-strings.ts';
import { partsOf, textBytes } from '../parts.ts';
import type { Measured } from '../score-kind.ts';
import { wellFormed } from '../well-formed.ts';
import type { Halves, VllmApi } from './vllm-api.ts';

const MAX_BYTES = 8_000_000;

export interface PairEngineOptions {
  readonly api: VllmApi;
  readonly measured: Measured;
  /** Whether the prompt is made here (the server joins its halves), or by the server. */
  readonly prompt: 'client' | 'server';
  /** Whether the server's template has a place for an instruction. */
  readonly instructs: boolean;
}

/**
 * Sends pairs to a server that tokenises them itself. In what users wrote, control tokens are broken with a space: a
 * document that holds them scores a little differently than in process, and none takes the prompt over.
 */
export class PairEngine implements RerankerEngine {
  readonly #options: PairEngineOptions;

  constructor(options: PairEngineOptions) {
    this.#options = options;
  }

  async score({ query, documents, instruction }: EngineRequest, { signal }: EngineCallOptions): Promise<EngineAnswer> {
    const { api, measured, prompt } = this.#options;
    checkReaches(instruction, this.#options);
    const logits = new Float64Array(documents.length);
    let promptTokens = 0;
    for (const part of partsOf(documents, MAX_BYTES, textBytes)) {
      const pair = prompt === 'client' ? halves(instruction, query, part.items) : asTheyAre(query, part.items);
      const extra =
        prompt === 'server' && instruction !== undefined ? instructionOf(broken(wellFormed(instruction))) : {};
      const answer = await api.score(pair, !measured.raw, signal, extra);
      logits.set(logitsOf(answer.scores, measured.kind, { server: api.server, path: '/score' }), part.start);
      promptTokens += answer.promptTokens;
    }
    return { logits, promptTokens };
  }
}

/** Throws `INVALID_OPTION` for an instruction that the server's template has no place for. */
export function checkReaches(
  instruction: string | undefined,
  { api, prompt, instructs }: Pick<PairEngineOptions, 'api' | 'prompt' | 'instructs'>,
): void {
  if (instruction === undefined || prompt === 'client' || instructs) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option instruction does not reach the model: ${api.server.name} makes the prompt, and its template has no place ` +
      `for one. Serve Qwen3-Reranker without --chat-template, or leave the instruction out.`,
  );
}

/** The prompt's halves: the server puts the second behind the first. */
export function halves(instruction: string = DEFAULT_INSTRUCTION, query: string, documents: readonly string[]): Halves {
  const clean = (text: string) => broken(wellFormed(text));
  return {
    first: SYSTEM_TURN + clean(userTurn(instruction, query)),
    second: documents.map((document) => clean(documentTurn(document)) + SUFFIX),
  };
}

function asTheyAre(query: string, documents: readonly string[]): Halves {
  const clean = (text: string) => broken(wellFormed(text));
  return { first: clean(query), second: documents.map(clean) };
}

/** An instruction for the server's template, by both of the names that servers know. */
export function instructionOf(instruction: string): Readonly<Record<string, unknown>> {
  return { instruction, chat_template_kwargs: { instruction } };
}
