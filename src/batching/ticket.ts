import { randomUUID } from 'node:crypto';
import type PQueue from 'p-queue';

/** A scheduler's place in the lane: at most one, as what runs is decided only when its turn comes. */
export class Ticket {
  readonly #lane: PQueue;
  readonly #turn: () => Promise<void>;
  #held: { readonly id: string; priority: number } | undefined;

  /** @param turn Has the lane to itself until its promise resolves. Must not reject. */
  constructor(lane: PQueue, turn: () => Promise<void>) {
    this.#lane = lane;
    this.#turn = turn;
  }

  /** The priority of the place that is held; `undefined` when none is, as when the turn has come. */
  get priority(): number | undefined {
    return this.#held?.priority;
  }

  take(priority: number): void {
    // The lane may be shared with another copy of this library, so a counter would not be unique.
    const held = { id: randomUUID(), priority };
    this.#held = held;
    // p-queue itself rejects only for what a task does, and a turn does not reject.
    void this.#lane.add(
      () => {
        this.#held = undefined;
        return this.#turn();
      },
      { ...held },
    );
  }

  /** Moves the place that is held, behind those that have `priority` already. */
  move(priority: number): void {
    if (this.#held === undefined || this.#held.priority === priority) return;
    this.#held.priority = priority;
    this.#lane.setPriority(this.#held.id, priority);
  }
}
