import type { Behaviour } from './behaviour.ts';

interface Scene {
  readonly change: Partial<Behaviour>;
  /** Calls that it is still for. */
  times: number;
}

/** What a test reranker has been told to do: for its next calls one after the other, and for all others. */
export class Script {
  readonly #original: Behaviour;
  #always: Behaviour;
  #next: Scene[] = [];

  constructor(original: Behaviour) {
    this.#original = original;
    this.#always = original;
  }

  /** Changes what is done with the next `times` calls that nothing has been said of, or with all. */
  tell(change: Partial<Behaviour>, times: number | undefined): void {
    if (times === undefined) this.#always = { ...this.#always, ...change };
    else this.#next.push({ change, times });
  }

  /** What is to be done with a call that comes now. */
  take(): Behaviour {
    const [scene] = this.#next;
    if (scene === undefined) return this.#always;
    if (--scene.times === 0) this.#next.shift();
    return { ...this.#always, ...scene.change };
  }

  /** No call hangs from now on. */
  endHang(): void {
    this.#next = this.#next.filter(({ change }) => change.outcome !== 'hang');
    if (this.#always.outcome === 'hang') this.#always = { ...this.#always, outcome: 'score' };
  }

  reset(): void {
    this.#always = this.#original;
    this.#next = [];
  }
}
