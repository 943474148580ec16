import type {
  EngineAnswer,
  EngineCallOptions,
  EngineRequest,
  RerankerEngine,
} from '../../src/engine/reranker-engine.ts';

export { settle, stateOf, until } from '../batching/support.ts';

/** What {@link ScriptedEngine} answers for a document: its text as a number, or its length. */
export function expectedLogit(text: string): number {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) ? value : text.length;
}

interface Asked {
  readonly request: EngineRequest;
  readonly options: EngineCallOptions;
  readonly answer: (answer?: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** An engine whose requests are answered by hand, once it is held; at once before. */
export class ScriptedEngine implements RerankerEngine {
  readonly asked: Asked[] = [];
  running = 0;
  mostRunning = 0;
  disposals = 0;
  /** What was running when it was disposed. */
  runningAtDisposal = 0;
  held = false;

  async score(request: EngineRequest, options: EngineCallOptions): Promise<EngineAnswer> {
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      return await new Promise((resolve, reject) => {
        const answer = (answer: unknown = answerOf(request)): void => resolve(answer as EngineAnswer);
        this.asked.push({ request, options, answer, fail: reject });
        if (!this.held) answer();
      });
    } finally {
      this.running--;
    }
  }

  async dispose(): Promise<void> {
    this.disposals++;
    this.runningAtDisposal = this.running;
  }

  /** The documents of each request. */
  get documents(): (readonly string[])[] {
    return this.asked.map(({ request }) => request.documents);
  }
}

export function answerOf({ documents }: EngineRequest): EngineAnswer {
  return {
    logits: documents.map(expectedLogit),
    promptTokens: documents.length * 3,
    computedTokens: documents.length * 2,
  };
}
