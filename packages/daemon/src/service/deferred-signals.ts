const DEFERRED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** SIGTERM, SIGINT and SIGHUP between stage 6 and stage 7: the default action would end a daemon that can be found already. */
export class DeferredSignals {
  readonly #came: NodeJS.Signals[] = [];
  #isDeferring = false;
  readonly #note = (signal: NodeJS.Signals): void => void this.#came.push(signal);

  /** From now on these signals wait. */
  defer(): void {
    if (this.#isDeferring) return;
    this.#isDeferring = true;
    for (const signal of DEFERRED) process.on(signal, this.#note);
  }

  /** Ends the waiting. To be called when the signals have got their meaning. @returns those that came, in their order */
  deliver(): readonly NodeJS.Signals[] {
    for (const signal of DEFERRED) process.off(signal, this.#note);
    this.#isDeferring = false;
    return this.#came.splice(0);
  }
}
