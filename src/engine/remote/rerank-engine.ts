import { RerankitError } from '../../errors.ts';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../reranker-engine.ts';
import { inOrder, logitsOf, type ResultShape } from './answer.ts';
import type { Connection } from './connection.ts';
import { broken } from './control-strings.ts';
import type { Dialect } from './dialects.ts';
import { count } from './json.ts';
import { partsOf, textBytes } from './parts.ts';
import type { Measured } from './score-kind.ts';
import { wellFormed } from './well-formed.ts';

export interface RerankEngineOptions {
  readonly server: Connection;
  readonly protocol: string;
  readonly dialect: Dialect;
  readonly model: string | undefined;
}

/** Texts as they are sent. */
interface Prepared {
  readonly query: string;
  readonly documents: readonly string[];
  readonly truncated: readonly boolean[];
}

/** Scores through a server that takes a query and documents, and makes prompts of them itself. */
export class RerankEngine implements RerankerEngine {
  readonly #options: RerankEngineOptions;
  readonly #measured: Measured;

  constructor(options: RerankEngineOptions, measured: Measured) {
    this.#options = options;
    this.#measured = measured;
  }

  async score(request: EngineRequest, { signal }: EngineCallOptions): Promise<EngineAnswer> {
    const { dialect } = this.#options;
    const { query, documents, truncated } = this.#prepare(request);
    const logits = new Float64Array(documents.length);
    let promptTokens = 0;
    for (const part of partsOf(documents, dialect.maxBytes, textBytes)) {
      const texts = { query, documents: part.items, raw: this.#measured.raw };
      const { scores, tokens } = await askServer(this.#options, texts, signal);
      logits.set(logitsOf(scores, this.#measured.kind, shapeOf(this.#options)), part.start);
      promptTokens += tokens;
    }
    return { logits, truncated, promptTokens };
  }

  #prepare({ query, documents, instruction }: EngineRequest): Prepared {
    const { dialect, protocol } = this.#options;
    const { maxUnits = Number.POSITIVE_INFINITY, instruct } = dialect;
    checkInstruction(protocol, dialect, instruction);
    const asked = instruction === undefined || instruct === undefined ? query : instruct(instruction, query);
    if (asked.length > maxUnits) {
      throw new RerankitError(
        'PROMPT_TOO_LONG',
        `The query has ${asked.length} characters, and a server of protocol '${protocol}' takes ${maxUnits}. Shorten it.`,
      );
    }
    const clean = dialect.templates ? (text: string) => broken(wellFormed(text)) : wellFormed;
    // llama.cpp fills its template in the query first, and would fill in what the query says there.
    const sent = dialect.templates ? clean(asked).replaceAll('{document}', '{ document}') : clean(asked);
    return {
      query: sent,
      documents: documents.map((text) => clean(text.slice(0, maxUnits))),
      truncated: documents.map(({ length }) => length > maxUnits),
    };
  }
}

/** Throws `INVALID_OPTION` for an instruction that cannot reach the model. */
export function checkInstruction(protocol: string, { instruct }: Dialect, instruction: string | undefined): void {
  if (instruction === undefined || instruct !== undefined) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option instruction does not go with protocol '${protocol}', which has no place for it: leave it out, and say in ` +
      `the query what is wanted. The protocols vllm, voyage and rerankit take instructions.`,
  );
}

/** One request: the server's own numbers in the order of the documents, and the tokens it counted. */
export async function askServer(
  options: RerankEngineOptions,
  texts: { readonly query: string; readonly documents: readonly string[]; readonly raw: boolean },
  signal: AbortSignal,
): Promise<{ readonly scores: Float64Array; readonly tokens: number }> {
  const { server, dialect, model } = options;
  const body = dialect.request({ ...texts, model });
  const answer = await server.post(dialect.path, body, signal);
  const scores = inOrder(dialect.results(answer), texts.documents.length, shapeOf(options));
  return { scores, tokens: count(dialect.tokens(answer)) ?? 0 };
}

function shapeOf({ server, dialect }: RerankEngineOptions): ResultShape {
  return { server, path: dialect.path, score: dialect.score };
}
