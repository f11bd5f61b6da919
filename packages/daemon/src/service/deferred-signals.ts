const DEFERRED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Signals that wait until stage 7 gives them their meaning, because their default action would end the process: SIGTERM, SIGINT and SIGHUP from
 * stage 6 on, as the daemon can be found then.
 */
export class DeferredSignals {
  readonly #came: NodeJS.Signals[] = [];
  readonly #deferred = new Set<NodeJS.Signals>();
  readonly #note = (signal: NodeJS.Signals): void => void this.#came.push(signal);

  /** Keeps these signals waiting, too, from now on. */
  defer(signals: readonly NodeJS.Signals[] = DEFERRED): void {
    for (const signal of signals) {
      if (this.#deferred.has(signal)) continue;
      this.#deferred.add(signal);
      process.on(signal, this.#note);
    }
  }

  /** Ends the waiting. To be called when the signals have got their meaning. @returns those that came, in their order */
  deliver(): readonly NodeJS.Signals[] {
    for (const signal of this.#deferred) process.off(signal, this.#note);
    this.#deferred.clear();
    return this.#came.splice(0);
  }
}
