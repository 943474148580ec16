import { show } from '../../../errors.ts';
import { inOrder } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { count, field } from '../json.ts';

const TOKENIZE = '/tokenize';
const CLASSIFY = '/classify';
/** Newer servers and older ones, or gateways that know only versions. */
const SCORE = ['/score', '/v1/score'] as const;

export const VLLM_PATHS = [...SCORE, '/v1/rerank', '/v2/rerank', '/rerank', CLASSIFY, TOKENIZE] as const;

/** Numbers of a vLLM server, and the tokens of all prompts. */
export interface VllmScores {
  readonly scores: Float64Array;
  readonly promptTokens: number;
}

/** Query and documents, or the two halves of prompts: vLLM joins them, with its template between if it has one. */
export interface Halves {
  readonly first: string;
  readonly second: readonly string[];
}

/** The endpoints of vLLM that score. Each resolves to `undefined` where the server has no such endpoint, or an older form of it. */
export class VllmApi {
  readonly server: Connection;
  readonly #model: string;
  #scorePath: string | undefined;

  constructor(server: Connection, model: string) {
    this.server = server;
    this.#model = model;
  }

  /** Ids of a text in which control tokens are read as such. */
  async tokenize(prompt: string, signal: AbortSignal): Promise<Int32Array | undefined> {
    const body = { model: this.#model, prompt, add_special_tokens: false };
    const answer = await this.server.postIfThere(TOKENIZE, body, signal);
    if (answer === undefined) return undefined;
    const tokens = field(answer, 'tokens');
    if (!Array.isArray(tokens) || !tokens.every((id) => count(id) !== undefined)) {
      throw this.server.unexpected(TOKENIZE, `${show(tokens)} where a list of token ids belongs`);
    }
    return Int32Array.from(tokens as number[]);
  }

  /** Scores whole prompts: strings, or lists of ids. No template touches them. */
  async classify(
    input: readonly string[] | readonly (readonly number[])[],
    activation: boolean,
    signal: AbortSignal,
  ): Promise<VllmScores | undefined> {
    const body = { model: this.#model, input, add_special_tokens: false, ...activationOf(activation) };
    const answer = await this.server.postIfThere(CLASSIFY, body, signal);
    if (answer === undefined) return undefined;
    const score = (result: unknown): unknown => {
      const classes = field(result, 'probs');
      const numbers: readonly unknown[] = Array.isArray(classes) ? classes : [];
      if (numbers.length === 1) return numbers[0];
      throw this.server.failed(
        `serves a model of ${numbers.length} classes where one score belongs. Start it with ` +
          `--hf-overrides '{"architectures":["Qwen3ForSequenceClassification"],"classifier_from_token":["no","yes"],"is_original_qwen3_reranker":true}'.`,
      );
    };
    return this.#read(CLASSIFY, answer, input.length, score);
  }

  /** Scores pairs; `extra` are further fields of the request. */
  async score(
    { first, second }: Halves,
    activation: boolean,
    signal: AbortSignal,
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<VllmScores | undefined> {
    const body = { model: this.#model, text_1: first, text_2: second, ...activationOf(activation), ...extra };
    for (const path of this.#scorePath === undefined ? SCORE : [this.#scorePath]) {
      const answer = await this.server.postIfThere(path, body, signal);
      if (answer === undefined) continue;
      this.#scorePath = path;
      return this.#read(path, answer, second.length, (result) => field(result, 'score'));
    }
    return undefined;
  }

  #read(path: string, answer: unknown, documents: number, score: (result: unknown) => unknown): VllmScores {
    const scores = inOrder(field(answer, 'data'), documents, { server: this.server, path, score });
    return { scores, promptTokens: count(field(field(answer, 'usage'), 'prompt_tokens')) ?? 0 };
  }
}

/** The switch between probabilities and logits, by its name of today and the former one. */
function activationOf(use: boolean): object {
  return { use_activation: use, activation: use };
}
