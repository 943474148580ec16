import { MessageChannel } from 'node:worker_threads';
import type { EngineAnswer, EngineCallOptions, EngineRequest, RerankerEngine } from '../engine/reranker-engine.ts';
import { RerankitError } from '../errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Behaviour } from './behaviour.ts';
import { termsOf } from './lexical-score.ts';
import type { Script } from './script.ts';

/** Carries an error that is not the library's through the reranker, which wraps those. */
export class Told extends Error {
  readonly error: unknown;

  constructor(error: unknown) {
    super('told to fail');
    this.error = error;
  }
}

/** Does with each call as the script says. */
export class TestEngine implements RerankerEngine {
  readonly info: RerankerEngine['info'];
  readonly #script: Script;
  /** By the call's signal: a call's requests share one behaviour. */
  readonly #behaviours = new WeakMap<AbortSignal, Behaviour>();
  #hanging: (() => void)[] = [];

  constructor(model: string, script: Script) {
    this.info = { model };
    this.#script = script;
  }

  async score(request: EngineRequest, { signal }: EngineCallOptions): Promise<EngineAnswer> {
    const behaviour = this.#behaviours.get(signal) ?? this.#script.take();
    this.#behaviours.set(signal, behaviour);
    const { delay, outcome, judge } = behaviour;
    if (delay > 0) await sleep(delay, signal);
    if (outcome === 'hang') await this.#hang(signal);
    if (typeof outcome === 'object') throw carried(outcome.error);
    return { logits: judged(judge, request), ...tokensOf(request) };
  }

  /** As a run does, it keeps the process alive: without a timer, which might be a fake one. */
  async #hang(signal: AbortSignal): Promise<void> {
    const { port1 } = new MessageChannel();
    port1.ref();
    try {
      await unlessAborted(new Promise<void>((go) => this.#hanging.push(go)), signal);
    } finally {
      port1.close();
    }
  }

  /** Lets calls that hang go on. */
  release(): void {
    for (const go of this.#hanging.splice(0)) go();
  }
}

function carried(error: unknown): unknown {
  return RerankitError.isInstance(error) ? error : new Told(error);
}

function judged(judge: Behaviour['judge'], request: EngineRequest): number[] {
  try {
    return judge(request);
  } catch (error) {
    throw carried(error);
  }
}

/** Terms as tokens: one prompt a document, of which the query is shared. */
function tokensOf({ query, documents }: EngineRequest): { promptTokens: number; computedTokens: number } {
  const prefix = termsOf(query).wanted.length;
  const own = documents.reduce((sum, document) => sum + termsOf(document).wanted.length, 0);
  return { promptTokens: own + prefix * documents.length, computedTokens: own + prefix };
}

/** By the global `setTimeout` of the moment, which may be a fake one. */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await unlessAborted(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}
