/** The `shutdown` signal of one daemon object. It can be read before there is a service, and is made when it is read. */
export class ShutdownRequest {
  #controller: AbortController | null = null;
  #isMade = false;
  #reason: Error | undefined;

  /** Reading it is asking for time to end in. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isMade && !this.#controller.signal.aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get hasReader(): boolean {
    return this.#controller !== null;
  }

  /** The process is asked to end. @param reason default: an ordinary AbortError */
  make(reason?: Error): void {
    this.#isMade = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Whether `error` only means that the signal has aborted a call: the signal's reason itself, or an AbortError made of it. */
  isReason(error: unknown): boolean {
    if (!this.#isMade || this.#controller === null || !(error instanceof Error)) return false;
    const { reason } = this.#controller.signal;
    return error === reason || (error.name === 'AbortError' && error.cause === reason);
  }
}
