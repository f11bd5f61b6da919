/**
 * What `start()` gives: a promise that knows whether anybody waits for it. Without an `await` the launcher goes on with what is meant to
 * come after, and the daemon, where this promise never settles, runs it too.
 */
export class StartPromise<T> extends Promise<T> {
  #awaited = false;

  /** What `then` gives is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: whether it is called is what this class is for
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited = true;
    return super.then(fulfilled, rejected);
  }

  /** Warns at the next turn of the event loop unless somebody waits by then. */
  static watch<T>(start: Promise<T>, name: string): Promise<T> {
    const promise = new this<T>((resolve, reject) => void start.then(resolve, reject));
    setImmediate(() => {
      if (promise.#awaited) return;
      process.emitWarning(`start() of daemon '${name}' is not awaited: what comes after it in the script runs in the daemon, too`, {
        type: 'DaemonWarning',
        code: 'DAEMONIUM_NOT_AWAITED',
      });
    }).unref();
    return promise;
  }
}
