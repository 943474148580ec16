import { RerankitError, show } from '../../../errors.ts';
import { MIN_DOCUMENT_TOKENS } from '../../../prompt/encode.ts';
import { MAX_UNITS_PER_TOKEN } from '../../../prompt/limits.ts';
import { PrefixCache } from '../../../prompt/prefix-cache.ts';
import { SYSTEM_TURN, userTurn } from '../../../prompt/template.ts';
import { parted } from '../control-strings.ts';
import { wellFormed } from '../well-formed.ts';
import { SEPARATOR } from './server-facts.ts';
import type { VllmApi } from './vllm-api.ts';

export interface PromptEncoderOptions {
  readonly api: VllmApi;
  /** Longest prompt in tokens. */
  readonly maxLength: number;
  /** The id of {@link SEPARATOR}. */
  readonly separatorId: number;
  /** Ids of the prompt's end. */
  readonly suffix: Int32Array;
}

/** Makes token ids of prompts with the server's tokenizer, everything of a user's in them as plain text. */
export class RemotePromptEncoder {
  readonly #options: PromptEncoderOptions;
  readonly #prefixes = new PrefixCache();

  constructor(options: PromptEncoderOptions) {
    this.#options = options;
  }

  /** Throws `PROMPT_TOO_LONG` for what is too long at a glance. */
  checkLength(instruction: string, query: string): void {
    const units = instruction.length + query.length;
    if (units > this.#options.maxLength * MAX_UNITS_PER_TOKEN) {
      throw this.#tooLong(instruction, query, `${units} characters`);
    }
  }

  /** The ids of a prompt, and whether its document was cut, at the tail. Rejects with `PROMPT_TOO_LONG`. */
  async encode(
    { instruction, query, turn }: { readonly instruction: string; readonly query: string; readonly turn: string },
    signal: AbortSignal,
  ): Promise<{ readonly prompt: readonly number[]; readonly cut: boolean }> {
    const { maxLength, suffix } = this.#options;
    const prefix = await this.#prefix(instruction, query, signal);
    const room = maxLength - prefix.length - suffix.length;
    if (room < MIN_DOCUMENT_TOKENS) {
      throw this.#tooLong(instruction, query, `${prefix.length} tokens with their template`);
    }
    const document = await this.#plain(turn, signal);
    return { prompt: [...prefix, ...document.subarray(0, room), ...suffix], cut: document.length > room };
  }

  async #prefix(instruction: string, query: string, signal: AbortSignal): Promise<Int32Array> {
    const known = this.#prefixes.get(instruction, query);
    if (known !== undefined) return known;
    const system = await this.#options.api.tokenize(SYSTEM_TURN, signal);
    const user = await this.#plain(wellFormed(userTurn(instruction, query)), signal);
    const prefix = new Int32Array(system.length + user.length);
    prefix.set(system);
    prefix.set(user, system.length);
    this.#prefixes.set(instruction, query, prefix);
    return prefix;
  }

  /** Ids of a user's text, in which nothing is a control token. */
  async #plain(text: string, signal: AbortSignal): Promise<Int32Array> {
    const ids = await this.#options.api.tokenize(parted(text, SEPARATOR), signal);
    return ids.filter((id) => id !== this.#options.separatorId);
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
