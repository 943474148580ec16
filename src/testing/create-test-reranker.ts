import { ERROR_CODES, type ErrorCode, RerankitError, show } from '../errors.ts';
import { integer, type Rules, read, string } from '../option-rules.ts';
import { Reranker } from '../reranker.ts';
import { byWords, judgeBy } from './behaviour.ts';
import { termsOf } from './lexical-score.ts';
import { recorded } from './recorder.ts';
import { Script } from './script.ts';
import { TestEngine } from './test-engine.ts';
import type { TestCall, TestControls, TestReranker, TestRerankerOptions, TestTimes } from './types.ts';

/** The most that timers take. */
const milliseconds = integer(0, 2 ** 31 - 1);

const RULES: Rules<TestRerankerOptions> = {
  scores: { expected: 'a list, an object, a Map or a function', accepts: isScores },
  delay: milliseconds,
  model: string,
  instruction: string,
  maxQueuedDocuments: integer(1),
};

const TIMES: Rules<TestTimes> = { times: integer(1) };

/** Calls do not wait for each other: one that hangs must not hold up the next. */
const CONCURRENCY = 1024;

/**
 * A `Reranker` for unit tests: the class itself, in front of an engine that needs no model and no native module. All
 * checks, options and results are the real ones; only the scores are not. It records its calls, and does with them as
 * it is told. Throws `INVALID_OPTION`.
 */
export function createTestReranker(options: TestRerankerOptions = {}): TestReranker {
  const {
    scores,
    delay = 0,
    model = 'test',
    instruction,
    maxQueuedDocuments,
  } = read('createTestReranker', RULES, options);
  const judge = scores === undefined ? byWords : judgeBy(scores, 'scores');
  const script = new Script({ judge, delay, outcome: 'score' });
  const engine = new TestEngine(model, script);
  const batchSize = Number.MAX_SAFE_INTEGER;
  const countTokens = (text: string) => termsOf(text).wanted.length;
  const own = { concurrency: CONCURRENCY, batchSize, maxQueuedDocuments, instruction, countTokens };
  const reranker = Reranker.fromEngine(engine, own);
  const calls: TestCall[] = [];
  const release = (): void => {
    script.endHang();
    engine.release();
  };
  const controls: TestControls = {
    calls,
    give: (scores, options) =>
      script.tell({ judge: judgeBy(scores, 'scores'), outcome: 'score' }, timesOf('give', options)),
    fail: (error = 'ENGINE_FAILED', options) =>
      script.tell({ outcome: { error: errorOf(error) } }, timesOf('fail', options)),
    hang: (options) => script.tell({ outcome: 'hang' }, timesOf('hang', options)),
    slow: (delay, options) => {
      if (milliseconds.accepts(delay)) script.tell({ delay }, timesOf('slow', options));
      else throw new RerankitError('INVALID_OPTION', `slow takes ${milliseconds.expected}, not ${show(delay)}.`);
    },
    release,
    reset: () => {
      script.reset();
      release();
      calls.length = 0;
    },
  };
  return Object.assign(reranker, recorded(reranker, calls, instruction), controls);
}

function timesOf(name: keyof TestControls, options: TestTimes = {}): number | undefined {
  return read(name, TIMES, options).times;
}

function errorOf(error: ErrorCode | Error): Error {
  if (error instanceof Error) return error;
  if (ERROR_CODES.includes(error)) return new RerankitError(error, `The test reranker was told to fail: ${error}.`);
  throw new RerankitError(
    'INVALID_OPTION',
    `fail takes an Error or one of ${ERROR_CODES.join(', ')}, not ${show(error)}.`,
  );
}

function isScores(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
