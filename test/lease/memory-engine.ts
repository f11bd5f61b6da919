import type { Claim, LeaseEngine, LeaseState, Reign, Taking } from '@daemonium/lease';

/** An engine in this process, in which a test can hold up answers and let calls fail. Reigns do not expire by themselves. */
export class MemoryEngine implements LeaseEngine {
  readonly calls: string[] = [];
  readonly claims: Claim[] = [];
  /** Awaited after a call was carried out, before its answer; a rejection is the answer. */
  before: Partial<Record<keyof LeaseEngine, () => Promise<void>>> = {};
  #row: { holder: string; token: bigint; claim: string } | null = null;
  #epoch = 0n;

  /** Whether a call has come in, so many times. */
  called(what: string, times = 1): boolean {
    return this.calls.filter((call) => call === what).length >= times;
  }

  /** Another process takes it, whoever has it. */
  takenBy(holder: string): bigint {
    this.#row = { holder, token: ++this.#epoch, claim: `${holder}'s` };
    return this.#epoch;
  }

  free(): void {
    this.#row = null;
  }

  get standing(): LeaseState | null {
    if (this.#row === null) return null;
    const { holder, token } = this.#row;
    return { holder, token, host: null, pid: null, since: null, info: null, expiresIn: 60_000 };
  }

  async take(claim: Claim): Promise<Taking> {
    this.claims.push(claim);
    const mine = this.#row === null || this.#row.claim === claim.id;
    const taking: Taking = mine ? { reign: { token: ++this.#epoch } } : { standing: this.standing };
    if (mine) this.#row = { holder: claim.holder, token: this.#epoch, claim: claim.id };
    return this.#answer('take', taking);
  }

  renew(_key: string, { token }: Reign): Promise<boolean> {
    return this.#answer('renew', this.#row?.token === token);
  }

  seal(_key: string, { token }: Reign): Promise<boolean> {
    return this.#answer('seal', this.#row?.token === token);
  }

  drop(_key: string, { token }: Reign): Promise<boolean> {
    const mine = this.#row?.token === token;
    if (mine) this.#row = null;
    return this.#answer('drop', mine);
  }

  look(): Promise<LeaseState | null> {
    return this.#answer('look', this.standing);
  }

  waitFree(_key: string, _standing: LeaseState, signal: AbortSignal): Promise<void> {
    this.calls.push('waitFree');
    return this.before.waitFree?.() ?? new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  async #answer<T>(call: keyof LeaseEngine, result: T): Promise<T> {
    this.calls.push(call);
    await this.before[call]?.();
    return result;
  }
}

/** Answers that wait until the test lets them go. */
export function gate(): { readonly wait: () => Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => opened, open };
}
