import { setTimeout as delay } from 'node:timers/promises';
import { nativeWorkEnds } from '../worker/native-guard.ts';
import { Stopped } from './failure.ts';

/** Signals that end a command, with their numbers: the exit code is 128 more. */
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type SignalName = keyof typeof SIGNALS;

/** How long a command may take to clean up, and a run of the engine to come to its end, in milliseconds. */
const CLEAN_UP_MS = 5_000;
const RUN_MS = 2_000;

/** Turns the first signal into an abort. A second one ends the process at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  #received: SignalName | undefined;
  #cleanUpMs = CLEAN_UP_MS;

  constructor() {
    for (const name of Object.keys(SIGNALS) as SignalName[]) process.on(name, this.#receive);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly allowCleanUp = (ms: number): void => {
    this.#cleanUpMs = ms;
  };

  /** Ends the command without a signal: nobody reads its output. */
  stop(why: string, exitCode: number): void {
    this.#controller.abort(new Stopped(why, exitCode));
  }

  /** The exit code of `work`; once aborted it is waited for only so long. */
  async waitFor(work: Promise<number>): Promise<number> {
    const { signal } = this;
    if (!signal.aborted) {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([work, aborted]);
    }
    if (!signal.aborted) return work;
    const late = signal.reason instanceof Stopped ? signal.reason.exitCode : 1;
    return Promise.race([work, delay(this.#cleanUpMs, late)]);
  }

  /**
   * Ends the process after an abort. Node ends threads on exit, and ending one inside ONNX Runtime would abort the process:
   * so a run under way is waited for, or, if it takes too long, the process ends as the signal would have ended it.
   */
  async exit(exitCode: number): Promise<never> {
    const idle = await nativeWorkEnds(RUN_MS);
    this.#release();
    // Windows knows no signals: there, a process that kills itself has exit code 1.
    if (!idle && this.#received !== undefined && process.platform !== 'win32')
      process.kill(process.pid, this.#received);
    process.exit(exitCode);
  }

  readonly #receive = (name: NodeJS.Signals): void => {
    const known = name as SignalName;
    this.#received = known;
    // From here on the system's own handling is back.
    this.#release();
    this.#controller.abort(new Stopped(name, 128 + SIGNALS[known]));
  };

  #release(): void {
    for (const name of Object.keys(SIGNALS)) process.off(name, this.#receive);
  }
}
