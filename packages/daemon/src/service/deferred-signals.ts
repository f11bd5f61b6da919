const DEFERRED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Signals that wait until stage 7 gives them their meaning, because their default action would end the process: SIGTERM, SIGINT and SIGHUP.
 * They wait from stage 6 on: from then on other processes can find the daemon.
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

  /**
   * Ends the waiting. Call it when the signals have their meaning.
   * @returns the signals that came, in their order
   */
  deliver(): readonly NodeJS.Signals[] {
    for (const signal of this.#deferred) process.off(signal, this.#note);
    this.#deferred.clear();
    return this.#came.splice(0);
  }
}
