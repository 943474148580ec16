import { show } from '../../errors.ts';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../reranker-engine.ts';
import { inOrder } from './answer.ts';
import type { Connection } from './connection.ts';
import { count, field } from './json.ts';
import { partsOf, textBytes } from './parts.ts';
import { RERANKIT_PATH, type RerankitRequest } from './rerankit-api.ts';
import { wellFormed } from './well-formed.ts';

/** Most bytes of the documents of a request. */
const MAX_BYTES = 8_000_000;

/** Scores through this library's own service. */
export class RerankitEngine implements RerankerEngine {
  readonly #server: Connection;
  readonly #model: string | undefined;

  constructor(server: Connection, model: string | undefined) {
    this.#server = server;
    this.#model = model;
  }

  async score(
    { query, documents, instruction }: EngineRequest,
    { signal, priority }: EngineCallOptions,
  ): Promise<EngineAnswer> {
    const logits = new Float64Array(documents.length);
    const truncated = new Array<boolean>(documents.length).fill(false);
    let [promptTokens, computedTokens] = [0, 0];
    for (const part of partsOf(documents, MAX_BYTES, textBytes)) {
      const body: RerankitRequest = {
        ...(this.#model === undefined ? {} : { model: this.#model }),
        query: wellFormed(query),
        documents: part.items.map(wellFormed),
        ...(instruction === undefined ? {} : { instruction: wellFormed(instruction) }),
        ...(priority === 0 ? {} : { rerankit_priority: priority }),
      };
      const answer = await this.#server.post(RERANKIT_PATH, body, signal);
      const results = field(answer, 'results');
      const shape = { server: this.#server, path: RERANKIT_PATH, score: (result: unknown) => field(result, 'logit') };
      logits.set(inOrder(results, part.items.length, shape), part.start);
      for (const result of results as readonly unknown[]) {
        const cut = field(result, 'truncated') ?? false;
        if (typeof cut !== 'boolean') {
          throw this.#server.unexpected(RERANKIT_PATH, `${show(cut)} as truncated, which is true or false`);
        }
        truncated[part.start + Number(field(result, 'index'))] = cut;
      }
      const prompts = count(field(field(answer, 'usage'), 'prompt_tokens')) ?? 0;
      promptTokens += prompts;
      computedTokens += count(field(field(answer, 'usage'), 'computed_tokens')) ?? prompts;
    }
    return { logits, truncated, promptTokens, computedTokens };
  }
}
