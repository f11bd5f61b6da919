import { bootClock, createKillTimer, type KillTimer } from '@daemonium/core/posix';
import type { LeaseEngine, Reign } from './engine.ts';
import { LeaseFailedError, LeaseLostError } from './errors.ts';
import type { Times } from './options.ts';
import { within } from './within.ts';

/**
 * Tries in one `renewEvery` when each fails at once: a lost connection is no reason to wait for the next turn. A try that has waited that long for an
 * answer is followed by the next at once.
 */
const RETRIES_A_TURN = 4;

/**
 * `stands`: from the moment in which the lease is ours. `lost` is final: a late answer does not bring it back. `ended`: given back, or
 * given up by its user.
 */
type State = 'stands' | 'lost' | 'ended';

/**
 * This process's reign, kept by renewals. Its end is a matter of the clock: it stands for `giveUp` ms from when its last successful renewal was *sent*,
 * as the engine can have counted from no earlier moment, on the clock that neither settings nor suspend stop.
 */
export class Tenure {
  readonly key: string;
  readonly reign: Reign;
  readonly began = new Date();
  readonly #engine: LeaseEngine;
  readonly #times: Times;
  readonly #killTimer: KillTimer | null;
  readonly #onLost: (error: LeaseLostError) => void;
  #state: State = 'stands';
  #sent: number;
  #failure: unknown;
  #renewal: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    { key, reign, sent }: { readonly key: string; readonly reign: Reign; readonly sent: number },
    engine: LeaseEngine,
    {
      times,
      killTimer,
      onLost,
    }: { readonly times: Times; readonly killTimer: KillTimer | null; readonly onLost: (error: LeaseLostError) => void },
  ) {
    this.key = key;
    this.reign = reign;
    this.#engine = engine;
    this.#times = times;
    this.#killTimer = killTimer;
    this.#onLost = onLost;
    this.#sent = sent;
    this.#extend(sent);
    this.#renewAt(sent + times.renewEvery);
    this.#watchDeadline();
  }

  /** How long it stands yet if no renewal comes through, in ms. */
  get remaining(): number {
    return this.#state === 'stands' ? Math.max(0, this.#sent + this.#times.giveUp - bootClock()) : 0;
  }

  /** Time until the kernel ends this process, in ms. */
  get killIn(): number {
    const { killAt } = this.#times;
    return killAt === null || this.#state === 'ended' ? Number.POSITIVE_INFINITY : Math.max(0, this.#sent + killAt - bootClock());
  }

  /** The work has ended: stops the renewals and the kill timer. */
  end(): void {
    this.#stop('ended');
    this.#killTimer?.close();
  }

  /** The engine said so. */
  lose(why: 'late' | 'taken'): void {
    if (this.#state !== 'stands') return;
    this.#stop('lost');
    this.#onLost(new LeaseLostError(this.key, why, this.#failure === undefined ? undefined : { cause: this.#failure }));
  }

  #extend(sent: number): void {
    this.#sent = sent;
    this.#failure = undefined;
    const { killAt } = this.#times;
    // Counted from when the renewal was sent, not from now: this process may have been stopped in between.
    if (killAt !== null) this.#killTimer?.push(killAt, sent);
  }

  /** The timers keep no process alive that has nothing else to do. */
  #renewAt(time: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), Math.max(0, time - bootClock())).unref();
  }

  async #renew(): Promise<void> {
    const { duration, renewEvery } = this.#times;
    const sent = bootClock();
    try {
      const stands = await within(this.#engine.renew(this.key, this.reign, duration, renewEvery), renewEvery);
      if (this.#state !== 'stands') return;
      if (!stands) return this.lose('taken');
      if (this.remaining === 0) return this.lose('late');
      this.#extend(sent);
      this.#renewAt(sent + renewEvery);
    } catch (error) {
      this.#failure = error;
      if (this.#state === 'stands') this.#renewAt(sent + renewEvery / RETRIES_A_TURN);
    }
  }

  /** A timer may be late, or early after a renewal: the clock decides. */
  #watchDeadline(): void {
    const { remaining } = this;
    if (remaining === 0) this.lose('late');
    else this.#deadline = setTimeout(() => this.#watchDeadline(), Math.ceil(remaining)).unref();
  }

  #stop(state: 'lost' | 'ended'): void {
    this.#state = state;
    clearTimeout(this.#renewal);
    clearTimeout(this.#deadline);
  }
}

/**
 * The kill timer of a tenure that is to begin, not armed yet: made before the lease is taken, so that its failure leaves nothing behind.
 * @throws {LeaseFailedError}
 */
export function makeKillTimer(key: string, killAt: number | null): KillTimer | null {
  if (killAt === null) return null;
  try {
    return createKillTimer();
  } catch (error) {
    throw new LeaseFailedError(key, 'arm a kill timer (`killAt: null` does without) for', error);
  }
}
