import { RerankitError, show } from '../../../errors.ts';
import { MIN_DOCUMENT_TOKENS } from '../../../prompt/encode.ts';
import { MAX_UNITS_PER_TOKEN } from '../../../prompt/limits.ts';
import { PrefixCache } from '../../../prompt/prefix-cache.ts';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../../prompt/template.ts';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../../reranker-engine.ts';
import { logitsOf } from '../answer.ts';
import { holdsControl, parted } from '../control-strings.ts';
import { partsOf } from '../parts.ts';
import type { Measured } from '../score-kind.ts';
import { wellFormed } from '../well-formed.ts';
import { SEPARATOR } from './server-facts.ts';
import type { VllmApi, VllmScores } from './vllm-api.ts';

const MAX_BYTES = 8_000_000;

export interface PromptEngineOptions {
  readonly api: VllmApi;
  /** Longest prompt in tokens. */
  readonly maxLength: number;
  /** The id of {@link SEPARATOR}. */
  readonly separatorId: number;
  /** Ids of the prompt's end. */
  readonly suffix: Int32Array;
  readonly measured: Measured;
}

/**
 * Sends Qwen3-Reranker's prompts whole, as the in-process engine makes them. Most go as text, which the server tokenises.
 * Those that may be too long, or in whose texts control tokens are forged, are tokenised first and go as ids: cut at the
 * document's tail, with everything of a user's as plain text.
 */
export class PromptEngine implements RerankerEngine {
  readonly #options: PromptEngineOptions;
  readonly #prefixes = new PrefixCache();

  constructor(options: PromptEngineOptions) {
    this.#options = options;
  }

  async score(request: EngineRequest, { signal }: EngineCallOptions): Promise<EngineAnswer> {
    const { documents, query, instruction = DEFAULT_INSTRUCTION } = request;
    const { maxLength } = this.#options;
    this.#checkLength(instruction, query);
    const prefix = SYSTEM_TURN + wellFormed(userTurn(instruction, query));
    const mostUnits = maxLength * MAX_UNITS_PER_TOKEN;
    const truncated = documents.map(({ length }) => length > mostUnits);
    const texts: { readonly at: number; readonly prompt: string }[] = [];
    const ids: { readonly at: number; readonly prompt: readonly number[] }[] = [];
    // A token is a byte at least.
    const room = maxLength - bytesOf(prefix) - bytesOf(SUFFIX);
    const asText = room >= MIN_DOCUMENT_TOKENS && !holdsControl(userTurn(instruction, query));
    for (const [at, document] of documents.entries()) {
      const turn = documentTurn(wellFormed(document.slice(0, mostUnits)));
      if (asText && bytesOf(turn) <= room && !holdsControl(turn)) {
        texts.push({ at, prompt: prefix + turn + SUFFIX });
      } else {
        const { prompt, cut } = await this.#encode(instruction, query, turn, signal);
        truncated[at] ||= cut;
        ids.push({ at, prompt });
      }
    }
    const logits = new Float64Array(documents.length);
    let promptTokens = 0;
    const take = async (rows: readonly { readonly at: number }[], asked: Promise<VllmScores>): Promise<void> => {
      const { scores, promptTokens: tokens } = await asked;
      const shape = { server: this.#options.api.server, path: '/classify', score: Number };
      for (const [row, logit] of logitsOf(scores, this.#options.measured.kind, shape).entries()) {
        logits[rows[row]?.at ?? Number.NaN] = logit;
      }
      promptTokens += tokens;
    };
    const strings = texts.map(({ prompt }) => prompt);
    for (const { start, documents: some } of partsOf(strings, MAX_BYTES)) {
      await take(texts.slice(start, start + some.length), this.#classify(some, signal));
    }
    if (ids.length > 0) {
      await take(
        ids,
        this.#classify(
          ids.map(({ prompt }) => prompt),
          signal,
        ),
      );
    }
    return { logits, truncated, promptTokens };
  }

  /** The ids of a prompt, its document cut at the tail where there is no room for it. */
  async #encode(instruction: string, query: string, turn: string, signal: AbortSignal) {
    const { maxLength, suffix } = this.#options;
    const prefix = await this.#prefix(instruction, query, signal);
    const limit = maxLength - suffix.length - MIN_DOCUMENT_TOKENS;
    if (prefix.length > limit) throw this.#tooLong(instruction, query, `${prefix.length} tokens with their template`);
    const document = await this.#tokens(turn, signal);
    const room = maxLength - prefix.length - suffix.length;
    return { prompt: [...prefix, ...document.subarray(0, room), ...suffix], cut: document.length > room };
  }

  async #prefix(instruction: string, query: string, signal: AbortSignal): Promise<Int32Array> {
    const known = this.#prefixes.get(instruction, query);
    if (known !== undefined) return known;
    const user = await this.#tokens(wellFormed(userTurn(instruction, query)), signal);
    const system = await this.#ids(SYSTEM_TURN, signal);
    const prefix = new Int32Array(system.length + user.length);
    prefix.set(system);
    prefix.set(user, system.length);
    this.#prefixes.set(instruction, query, prefix);
    return prefix;
  }

  /** Ids of a user's text, in which nothing is a control token. */
  async #tokens(text: string, signal: AbortSignal): Promise<Int32Array> {
    const ids = await this.#ids(parted(text, SEPARATOR), signal);
    return ids.filter((id) => id !== this.#options.separatorId);
  }

  async #ids(text: string, signal: AbortSignal): Promise<Int32Array> {
    const ids = await this.#options.api.tokenize(text, signal);
    if (ids === undefined) throw this.#options.api.server.failed('no longer tokenises: connect again.');
    return ids;
  }

  async #classify(input: readonly string[] | readonly (readonly number[])[], signal: AbortSignal): Promise<VllmScores> {
    const { api, measured } = this.#options;
    const scores = await api.classify(input, !measured.raw, signal);
    if (scores === undefined) throw api.server.failed('refuses prompts that it took before: connect again.');
    return scores;
  }

  #checkLength(instruction: string, query: string): void {
    const units = instruction.length + query.length;
    if (units <= this.#options.maxLength * MAX_UNITS_PER_TOKEN) return;
    throw this.#tooLong(instruction, query, `${units} characters`);
  }

  #tooLong(instruction: string, query: string, taken: string): RerankitError {
    return new RerankitError(
      'PROMPT_TOO_LONG',
      `instruction (${instruction.length} characters) and query (${query.length} characters: ${show(query)}) take ${taken}, ` +
        `and leave no ${MIN_DOCUMENT_TOKENS} tokens for a document in maxLength, which is ${this.#options.maxLength}. Shorten ` +
        `them, or raise maxLength and the server's --max-model-len.`,
    );
  }
}

/** Bytes that the tokenizer sees: it normalises first. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text.normalize('NFC'));
}
