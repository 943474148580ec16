import { MIN_DOCUMENT_TOKENS } from '../../../prompt/encode.ts';
import { MAX_UNITS_PER_TOKEN } from '../../../prompt/limits.ts';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../../prompt/template.ts';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../../reranker-engine.ts';
import { logitsOf } from '../answer.ts';
import { holdsControl } from '../control-strings.ts';
import { partsOf, textBytes } from '../parts.ts';
import type { Measured } from '../score-kind.ts';
import { wellFormed } from '../well-formed.ts';
import { type PromptEncoderOptions, RemotePromptEncoder } from './prompt-encoder.ts';
import type { VllmScores } from './vllm-api.ts';

const MAX_BYTES = 8_000_000;
/** Most bytes of an id in JSON, its comma included. */
const BYTES_PER_ID = 7;

export interface PromptEngineOptions extends PromptEncoderOptions {
  readonly measured: Measured;
}

/** A prompt, and the document's place in the request. */
interface Row<Prompt> {
  readonly at: number;
  readonly prompt: Prompt;
}

/**
 * Sends Qwen3-Reranker's prompts whole, as the in-process engine makes them. Most go as text, which the server tokenises.
 * Those that may be too long, or in whose texts control tokens are forged, are tokenised first and go as ids: cut at the
 * document's tail, with everything of a user's as plain text.
 */
export class PromptEngine implements RerankerEngine {
  readonly #options: PromptEngineOptions;
  readonly #encoder: RemotePromptEncoder;

  constructor(options: PromptEngineOptions) {
    this.#options = options;
    this.#encoder = new RemotePromptEncoder(options);
  }

  async score(request: EngineRequest, { signal }: EngineCallOptions): Promise<EngineAnswer> {
    const { documents, query, instruction = DEFAULT_INSTRUCTION } = request;
    const { api, maxLength, measured } = this.#options;
    this.#encoder.checkLength(instruction, query);
    const user = wellFormed(userTurn(instruction, query));
    const mostUnits = maxLength * MAX_UNITS_PER_TOKEN;
    // A token is a byte at least.
    const room = maxLength - bytesOf(SYSTEM_TURN + user) - bytesOf(SUFFIX);
    const userIsPlain = room >= MIN_DOCUMENT_TOKENS && !holdsControl(user);
    const truncated = documents.map(({ length }) => length > mostUnits);
    const texts: Row<string>[] = [];
    const ids: Row<readonly number[]>[] = [];
    for (const [at, document] of documents.entries()) {
      const turn = documentTurn(wellFormed(document.slice(0, mostUnits)));
      if (userIsPlain && bytesOf(turn) <= room && !holdsControl(turn)) {
        texts.push({ at, prompt: SYSTEM_TURN + user + turn + SUFFIX });
      } else {
        const { prompt, cut } = await this.#encoder.encode({ instruction, query, turn }, signal);
        truncated[at] ||= cut;
        ids.push({ at, prompt });
      }
    }
    const logits = new Float64Array(documents.length);
    let promptTokens = 0;
    const take = (rows: readonly Row<unknown>[], answer: VllmScores): void => {
      const own = logitsOf(answer.scores, measured.kind, { server: api.server, path: '/classify' });
      for (const [row, { at }] of rows.entries()) logits[at] = own[row] ?? Number.NaN;
      promptTokens += answer.promptTokens;
    };
    for (const { items } of partsOf(texts, MAX_BYTES, ({ prompt }) => textBytes(prompt))) {
      const prompts = items.map(({ prompt }) => prompt);
      take(items, await api.classify(prompts, !measured.raw, signal));
    }
    for (const { items } of partsOf(ids, MAX_BYTES, ({ prompt }) => prompt.length * BYTES_PER_ID)) {
      const prompts = items.map(({ prompt }) => prompt);
      take(items, await api.classify(prompts, !measured.raw, signal));
    }
    return { logits, truncated, promptTokens };
  }
}

/** Bytes that the tokenizer sees: it normalises first. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text.normalize('NFC'));
}
