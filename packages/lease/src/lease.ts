import { hostname } from 'node:os';
import { OptionError } from '@daemonium/core';
import { acquire } from './acquire.ts';
import { ClaimIds } from './claim-ids.ts';
import type { LeaseEngine, LeaseState } from './engine.ts';
import { AlreadyLeasedError, LeaseFailedError, type LeaseLostError, NotMyLeaseError } from './errors.ts';
import {
  type AcquireOptions,
  checkEngine,
  checkInfo,
  checkText,
  FIRST_CONTACT_MS,
  type LeaseOptions,
  type ResolvedOptions,
  resolveAcquire,
  resolveOptions,
} from './options.ts';
import { release } from './release.ts';
import { makeKillTimer, Tenure } from './tenure.ts';
import { within } from './within.ts';

/**
 * Gives one process at a time the lead, of all processes in a cluster that use the same key on the same engine. The lease is taken, kept by
 * renewals, and released; without renewals it ends by itself, `duration` ms after the last one. The holder stops before that: at `giveUp`
 * {@link lost} aborts, at `killAt` the kernel ends the process.
 *
 * A held lease does not keep a process alive that has nothing else to do; waiting for a lease does.
 */
export class Lease implements AsyncDisposable {
  /** Its name in the cluster. */
  readonly key: string;
  readonly #engine: LeaseEngine;
  readonly #claimIds = new ClaimIds();
  readonly #options: ResolvedOptions;
  #tenure: Tenure | null = null;
  /** Ends an {@link acquire} that waits; `null`: none does. */
  #waiting: AbortController | null = null;
  #losing = new AbortController();

  /**
   * Does not connect to the engine, and opens nothing.
   * @param key the same for all that shall exclude each other, such as `'shop/cron'`
   * @param engine `postgres(url)`, `etcd(url)`, or one of your own
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_UNKNOWN`, `ERR_OPTION_VALUE`; `ERR_OPTION_RANGE`, also when two times do not fit together
   */
  constructor(key: string, engine: LeaseEngine, options?: LeaseOptions) {
    this.key = checkText('key', key);
    this.#engine = checkEngine(engine);
    this.#options = resolveOptions(options);
  }

  /** The name of this holder. */
  get holder(): string {
    return this.#options.holder;
  }

  /** How long a reign stands after its last renewal, in ms: the option. */
  get duration(): number {
    return this.#options.duration;
  }

  /** The fencing token of this object's reign, until it is released: it grows with every reign, so a store that remembers the highest refuses a deposed holder. */
  get token(): bigint | null {
    return this.#tenure?.reign.token ?? null;
  }

  /** How long this process may go on working if no renewal comes through, in ms, by the clock of now; 0 when the lease is not held. */
  get remaining(): number {
    return this.#tenure?.remaining ?? 0;
  }

  /**
   * Time until the kernel ends this process if no renewal comes through, in ms; `Infinity` without a kill timer. After {@link lost}, the
   * work has this long to end.
   */
  get killIn(): number {
    return this.#tenure?.killIn ?? Number.POSITIVE_INFINITY;
  }

  /** Whether this process may work, by the present time. The answer is true for {@link remaining} ms. */
  isLocked(): boolean {
    return this.remaining > 0;
  }

  /** Aborts when the reign is over without {@link release}; the reason is a LeaseLostError. Another signal after the next {@link acquire}. */
  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  /**
   * Loads the engine's client now, and not with the first question. Call it before the process changes its root directory or its user, which may
   * leave the client out of reach.
   * @throws {LeaseFailedError} the client is not installed
   */
  async load(): Promise<void> {
    this.#claimIds.draw();
    const { load } = this.#engine;
    if (load !== undefined) await this.#ask('load the client of', FIRST_CONTACT_MS, () => load.call(this.#engine));
  }

  /**
   * Takes the lease, and waits for its holder to go. The engine has to answer the first time; after that, while another process reigns, an
   * engine that fails is waited for as well.
   * @throws {AlreadyLeasedError} another process still holds it when the time is over; or this object does
   * @throws {LeaseFailedError} the engine cannot be asked: it is not there, refuses this user, has no table; `cause` is its own error
   * @throws {LeaseLostError} this object has lost its last reign, and {@link release} has not been called since
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the options
   * @throws the signal's reason
   */
  async acquire(options: AcquireOptions = {}): Promise<this> {
    if (this.#losing.signal.aborted) throw this.#losing.signal.reason;
    if (this.#tenure !== null || this.#waiting !== null) {
      throw new AlreadyLeasedError(
        this.key,
        this.holder,
        `Cannot take the lease '${this.key}': this object ${this.#waiting === null ? 'has' : 'is taking'} it already`,
      );
    }
    const killTimer = makeKillTimer(this.key, this.#options.killAt);
    const waiting = new AbortController();
    this.#waiting = waiting;
    try {
      const asked = resolveAcquire(options, waiting.signal);
      const claim = { key: this.key, id: this.#claimIds.next() };
      const taken = await acquire(claim, this.#engine, this.#options, asked);
      const tenure = new Tenure(taken, this.#engine, { times: this.#options, killTimer, onLost: (error) => this.#lose(error) });
      this.#tenure = tenure;
      if (tenure.remaining === 0) throw this.#forget(tenure);
      return this;
    } catch (error) {
      killTimer?.close();
      this.#close();
      throw error;
    } finally {
      this.#waiting = null;
    }
  }

  /**
   * Publishes data about the leader: host, pid, start of the reign, and `info`. Acquires first, without waiting, if need be.
   * @throws what {@link acquire} throws
   * @throws {NotMyLeaseError} the reign is over
   * @throws {LeaseFailedError}
   */
  async seal(info: Readonly<Record<string, string>> = {}): Promise<this> {
    const checked = checkInfo(info);
    if (this.#tenure === null) await this.acquire({ timeout: 0 });
    const tenure = this.#standing('seal');
    const seal = { host: hostname(), pid: process.pid, since: tenure.began, info: checked };
    const sealed = await this.#ask('seal', this.#options.patience, (timeout) => this.#engine.seal(this.key, tenure.reign, seal, timeout));
    if (!sealed) tenure.lose('taken');
    if (!sealed) throw new NotMyLeaseError(this.key, 'another reign has begun');
    return this;
  }

  /**
   * Ends the reign: the next holder need not wait. Call it when the work has ended, and not before. After a loss it only says so to this object: the
   * kill timer is disarmed, and {@link acquire} may be called again.
   * @throws {NotMyLeaseError} not held, or lost: it was not this object's to give
   * @throws {LeaseFailedError} the engine cannot be told; the reign ends by itself
   */
  async release(): Promise<void> {
    const tenure = this.#tenure;
    if (tenure === null) throw new NotMyLeaseError(this.key, 'not held; acquire it first');
    if (tenure.remaining === 0) tenure.lose('late');
    const lost = this.#forget(tenure);
    try {
      if (lost !== undefined) throw new NotMyLeaseError(this.key, 'the reign was over before its release', { cause: lost });
      const dropped = await release(this.key, this.#engine, tenure.reign, this.#options.patience);
      if (!dropped) throw new NotMyLeaseError(this.key, 'another reign had begun before its release');
    } finally {
      this.#close();
    }
  }

  /**
   * Looks up the leader: this object or another.
   * @returns `null` when there is no leader
   * @throws {LeaseFailedError}
   */
  async look(): Promise<LeaseState | null> {
    const patience = Math.max(this.#options.patience, FIRST_CONTACT_MS);
    return this.#ask('look at', patience, (timeout) => this.#engine.look(this.key, timeout));
  }

  /**
   * The condition that this reign stands, for a transaction of the engine's own: with etcd an element of a txn's `compare`. With PostgreSQL see
   * `postgres.guard()`.
   * @throws {NotMyLeaseError} not held
   * @throws {OptionError} `ERR_OPTION_TYPE`: the engine has no such thing
   */
  compare(): Readonly<Record<string, string>> {
    if (this.#engine.compare === undefined) throw new OptionError('engine', 'one that has compare(), such as etcd', this.#engine);
    return this.#engine.compare(this.key, this.#standing('compare').reign.token);
  }

  /**
   * {@link release}, silent when not held or lost; closes the engine's connections. An {@link acquire} that waits is rejected with a NotMyLeaseError, and
   * takes nothing afterwards.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting?.abort(new NotMyLeaseError(this.key, 'this object was disposed of while it waited'));
    try {
      if (this.#tenure !== null) await this.release();
    } catch (error) {
      if (!(error instanceof NotMyLeaseError)) throw error;
    } finally {
      await this.#engine.close();
    }
  }

  #standing(verb: string): Tenure {
    const tenure = this.#tenure;
    if (tenure !== null && tenure.remaining > 0) return tenure;
    throw new NotMyLeaseError(this.key, `nothing to ${verb}; it is ${tenure === null ? 'not held' : 'lost'}`, {
      cause: this.#losing.signal.reason,
    });
  }

  #lose(error: LeaseLostError): void {
    this.#close();
    this.#losing.abort(error);
  }

  /** Ends a reign that its user has finished with. Returns the reason of its loss, if it was lost. */
  #forget(tenure: Tenure): LeaseLostError | undefined {
    tenure.end();
    this.#tenure = null;
    const { aborted, reason } = this.#losing.signal;
    if (aborted) this.#losing = new AbortController();
    return reason;
  }

  async #ask<T>(what: string, patience: number, request: (timeout: number) => Promise<T>): Promise<T> {
    try {
      return await within(request(patience), patience);
    } catch (error) {
      throw new LeaseFailedError(this.key, what, error);
    }
  }

  /** Not waited for: nothing depends on it, and a frozen engine would hold it up. */
  #close(): void {
    this.#engine.close().catch(() => {});
  }
}
