/** A promise settled from outside. (`Promise.withResolvers` is not in Node.js 20.) */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason: unknown) => void;
  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A caller that waits handles the rejection. Without one, a rejection must not end the process.
    this.promise.catch(() => {});
  }
}
