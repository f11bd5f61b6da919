/**
 * The promise that `start()` returns. It knows whether the script awaits it. Without an `await`, the launcher goes on too early, with the
 * code for after the start; the daemon runs that code too, although this promise never settles there.
 */
export class StartPromise<T> extends Promise<T> {
  #awaited = false;

  /** `then` returns an ordinary promise. */
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

  /** Warns at the next turn of the event loop if the promise is not awaited by then. */
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
