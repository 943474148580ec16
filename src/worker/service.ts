import { RerankitError } from '../errors.ts';
import { WorkerConnection } from './connection.ts';
import type { Methods } from './protocol.ts';

/** A worker that has been prepared for requests. */
export interface Ready<M extends Methods<M>, P> {
  readonly connection: WorkerConnection<M>;
  /** What preparing it gave. */
  readonly prepared: P;
}

/** A worker thread that is started when it is first needed, and again after it has died or could not be prepared. */
export class WorkerService<M extends Methods<M>, P> {
  readonly #url: URL;
  readonly #label: string;
  readonly #prepare: (connection: WorkerConnection<M>) => Promise<P>;
  #connection: WorkerConnection<M> | undefined;
  #ready: Promise<Ready<M, P>> | undefined;
  #ended = false;

  /** `prepare` makes the first requests, such as loading a model; `label` names the worker in errors. */
  constructor(url: URL, label: string, prepare: (connection: WorkerConnection<M>) => Promise<P>) {
    this.#url = url;
    this.#label = label;
    this.#prepare = prepare;
  }

  /** The worker, prepared; joins a preparation under way. Rejects as `prepare` does, with `ENGINE_CRASHED`, or `DISPOSED`. */
  async ready(): Promise<Ready<M, P>> {
    if (this.#ended) throw new RerankitError('DISPOSED', `The ${this.#label} was disposed.`);
    if (this.#ready === undefined || this.#connection?.alive === false) {
      const connection = new WorkerConnection<M>(this.#url, this.#label);
      const ready = this.#prepare(connection).then((prepared) => ({ connection, prepared }));
      ready.catch(() => this.#forget(ready, connection));
      this.#connection = connection;
      this.#ready = ready;
    }
    return this.#ready;
  }

  /**
   * Ends the worker. `last` is asked of it before, and waited for: a worker must not be inside native code when it is
   * ended, and answers come in order.
   */
  async end(last: (connection: WorkerConnection<M>) => Promise<unknown>): Promise<void> {
    this.#ended = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    await last(connection).catch(() => {}); // It has died, or cannot do what it need not do any more.
    await connection.close();
  }

  /** A failed preparation is not remembered: the next one may succeed. */
  #forget(ready: Promise<Ready<M, P>>, connection: WorkerConnection<M>): void {
    if (this.#ready !== ready) return;
    this.#ready = undefined;
    this.#connection = undefined;
    void connection.close();
  }
}
