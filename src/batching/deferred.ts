/**
 * A promise that is settled from outside. Its rejection never counts as unhandled: a caller who does not await it, or
 * not yet, must not end the process.
 */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  // Both are replaced before the constructor returns: a promise runs its executor at once.
  resolve: (value: Value) => void = () => {};
  reject: (error: unknown) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}
