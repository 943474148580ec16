import { show } from '../../../errors.ts';
import { inOrder } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { count, field } from '../json.ts';

const TOKENIZE = '/tokenize';
const CLASSIFY = '/classify';
/** Newer servers and older ones, or gateways that know only versions. */
const SCORE = ['/score', '/v1/score'] as const;

export const VLLM_PATHS = [...SCORE, '/v1/rerank', '/v2/rerank', '/rerank', CLASSIFY, TOKENIZE] as const;
/** How vLLM is started for Qwen3-Reranker. */
export const START =
  `--runner pooling --hf-overrides '{"architectures":["Qwen3ForSequenceClassification"],` +
  `"classifier_from_token":["no","yes"],"is_original_qwen3_reranker":true}'`;

/** Numbers of a vLLM server, and the tokens of all prompts. */
export interface VllmScores {
  readonly scores: Float64Array;
  readonly promptTokens: number;
}

/** Query and documents, or the two halves of prompts: vLLM joins them, with its template around them if it has one. */
export interface Halves {
  readonly first: string;
  readonly second: readonly string[];
}

/** Whole prompts: texts, or token ids. */
export type Prompts = readonly string[] | readonly (readonly number[])[];

/** What to send how; `post` is strict, and `postIfThere` gives `undefined` for what the server does not have or know. */
type Post = (path: string, body: unknown, signal: AbortSignal) => Promise<unknown>;

/** The endpoints of vLLM that score, and that tokenise. */
export class VllmApi {
  readonly server: Connection;
  readonly #model: string;
  readonly #strict: Post;
  readonly #lenient: Post;
  #scorePath: string | undefined;

  constructor(server: Connection, model: string) {
    this.server = server;
    this.#model = model;
    this.#strict = (...request) => server.post(...request);
    this.#lenient = (...request) => server.postIfThere(...request);
  }

  /** Ids of a text in which control tokens are read as such. */
  async tokenize(prompt: string, signal: AbortSignal): Promise<Int32Array> {
    return this.#idsOf(await this.#strict(TOKENIZE, this.#tokenizeBody(prompt), signal));
  }

  /** The same, or `undefined` where there is no such endpoint. */
  async tryTokenize(prompt: string, signal: AbortSignal): Promise<Int32Array | undefined> {
    const answer = await this.#lenient(TOKENIZE, this.#tokenizeBody(prompt), signal);
    return answer === undefined ? undefined : this.#idsOf(answer);
  }

  /** Scores whole prompts, which no template touches. With `activation` the numbers are probabilities. */
  async classify(input: Prompts, activation: boolean, signal: AbortSignal): Promise<VllmScores> {
    const answer = await this.#strict(CLASSIFY, this.#classifyBody(input, activation), signal);
    return this.#read(CLASSIFY, answer, input.length, (result) => this.#onlyClass(result));
  }

  /** The same, or `undefined` where there is no such endpoint, or one that takes no such prompts. */
  async tryClassify(input: Prompts, activation: boolean, signal: AbortSignal): Promise<VllmScores | undefined> {
    const answer = await this.#lenient(CLASSIFY, this.#classifyBody(input, activation), signal);
    if (answer === undefined) return undefined;
    return this.#read(CLASSIFY, answer, input.length, (result) => this.#onlyClass(result));
  }

  /** Scores pairs; `extra` are further fields of the request. */
  async score(pair: Halves, activation: boolean, signal: AbortSignal, extra: object = {}): Promise<VllmScores> {
    const path = this.#scorePath ?? SCORE[0];
    return this.#readScores(path, await this.#strict(path, this.#scoreBody(pair, activation, extra), signal), pair);
  }

  /** The same, or `undefined` where there is no such endpoint. */
  async tryScore(
    pair: Halves,
    activation: boolean,
    signal: AbortSignal,
    extra: object = {},
  ): Promise<VllmScores | undefined> {
    for (const path of this.#scorePath === undefined ? SCORE : [this.#scorePath]) {
      const answer = await this.#lenient(path, this.#scoreBody(pair, activation, extra), signal);
      if (answer === undefined) continue;
      this.#scorePath = path;
      return this.#readScores(path, answer, pair);
    }
    return undefined;
  }

  #tokenizeBody(prompt: string): object {
    return { model: this.#model, prompt, add_special_tokens: false };
  }

  #classifyBody(input: Prompts, activation: boolean): object {
    return { model: this.#model, input, add_special_tokens: false, ...activationOf(activation) };
  }

  #scoreBody({ first, second }: Halves, activation: boolean, extra: object): object {
    return { model: this.#model, text_1: first, text_2: second, ...activationOf(activation), ...extra };
  }

  #idsOf(answer: unknown): Int32Array {
    const tokens = field(answer, 'tokens');
    if (Array.isArray(tokens) && tokens.every((id) => count(id) !== undefined)) return Int32Array.from(tokens);
    throw this.server.unexpected(TOKENIZE, `${show(tokens)} where a list of token ids belongs`);
  }

  #onlyClass(result: unknown): unknown {
    const classes = field(result, 'probs');
    const numbers: readonly unknown[] = Array.isArray(classes) ? classes : [];
    if (numbers.length === 1) return numbers[0];
    throw this.server.failed(
      `serves a model of ${numbers.length} classes where one score belongs. Qwen3-Reranker is started with ${START}.`,
    );
  }

  #readScores(path: string, answer: unknown, { second }: Halves): VllmScores {
    return this.#read(path, answer, second.length, (result) => field(result, 'score'));
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
