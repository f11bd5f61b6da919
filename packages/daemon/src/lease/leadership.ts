import { setTimeout as elapse } from 'node:timers/promises';
import type { LeaseRecord } from '@daemonium/core/handover';
import { processStartTicks } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import type { DaemonLease, LeaseStanding } from '../options/lease-option.ts';
import { acquirePatiently } from './acquire-patiently.ts';
import type { LeaderEvents } from './leader-events.ts';
import type { LeaseNotes } from './lease-notes.ts';

/** How long the end of a process waits for an engine that does not answer, in ms. After that, the reign ends by itself. */
const LONGEST_END_MS = 3_000;
/** Between two looks whether another leads, of one that has stepped down, in ms. */
const LOOK_MS = 1_000;

/**
 * - `asking`: the engine has not answered yet
 * - `standby`: another leads
 * - `leading`: from the moment on in which the lease is ours
 * - `lost`: the reign is over, or can never begin
 */
type State = 'asking' | 'standby' | 'leading' | 'lost';

/** A daemon's circumstances, as far as they concern its lease. */
interface Circumstances {
  readonly notes: LeaseNotes | null;
  /** Something starts this process again when it ends with exit code 75. */
  readonly comesBack: boolean;
  /** Resolves when this process takes its predecessor's place; `null`: this is no upgrade. */
  readonly handedOver: Promise<void> | null;
}

/** This process's part in the cluster: it stands by, leads, and lets go when its work has ended. */
export class Leadership {
  readonly lease: DaemonLease;
  /** Resolves with `true` when this process leads, with `false` when it is asked to end before. */
  readonly led: Promise<boolean>;
  readonly comesBack: boolean;
  readonly #notes: LeaseNotes | null;
  readonly #handedOver: Promise<void> | null;
  readonly #events: LeaderEvents;
  /** Read before a new root directory hides /proc. */
  readonly #startTicks = processStartTicks(process.pid);
  readonly #waiting = new AbortController();
  readonly #waits: Promise<void>;
  #saysThatItWaits = () => {};
  #settle = (_leads: boolean) => {};
  #state: State = 'asking';
  #taking: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  #stepsDown = false;

  constructor(lease: DaemonLease, { notes, comesBack, handedOver }: Circumstances, events: LeaderEvents) {
    this.lease = lease;
    this.#notes = notes;
    this.comesBack = comesBack;
    this.#handedOver = handedOver;
    this.#events = events;
    this.#waits = new Promise((resolve) => {
      this.#saysThatItWaits = resolve;
    });
    this.led = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get standsBy(): boolean {
    return this.#state === 'standby';
  }

  /** Descriptor of the state file, for a successor. */
  get stateFile(): number | null {
    return this.#notes?.fd ?? null;
  }

  /**
   * Asks the engine for the first time.
   * @returns once this process leads, or stands by
   * @throws {LeaseFailedError} the engine cannot be asked
   */
  async begin(): Promise<void> {
    if (this.#taking !== null) return;
    this.#taking = this.#take();
    this.#taking.catch((error: Error) => this.#cannotTake(error));
    await Promise.race([this.#waits, this.#taking]);
  }

  /** The process is asked to end: it does not wait for the lease any longer. */
  giveUp(): void {
    this.#waiting.abort();
    this.#settle(false);
  }

  /** A successor takes this process's place. The reign, if there is one, goes on until the work has ended. */
  handOn(): void {
    this.#notes?.handOn();
  }

  /** The successor did not become the daemon. */
  takeBack(): void {
    this.#writing(() => this.#notes?.takeBack());
  }

  /** Whether a user with the right to write the state file has asked for the end of this reign. Once asked, the answer stays `true`. */
  isToStepDown(): boolean {
    if (this.#state !== 'leading' || this.#notes?.isOurs !== true) return false;
    this.#stepsDown ||= this.#notes.asksToStepDown();
    return this.#stepsDown;
  }

  /**
   * The last thing that the process does. Never rejects.
   * @param isWorkOver whether nothing can be at work any more: otherwise the reign is left to run out
   */
  end(isWorkOver: boolean): Promise<void> {
    this.#ending ??= this.#end(isWorkOver);
    return this.#ending;
  }

  async #end(isWorkOver: boolean): Promise<void> {
    this.giveUp();
    try {
      if (this.#state === 'lost') return;
      const runsOut = this.#state === 'leading' && !isWorkOver;
      if (this.#stepsDown) return await this.#yield(runsOut);
      // The notes let the next process on this host end the reign, instead of waiting for its end.
      if (runsOut) return;
      if (this.#state === 'leading') await this.lease.release();
      else await Promise.race([this.#taking?.catch(() => {}), elapse(LONGEST_END_MS)]);
      this.#notes?.clear();
    } catch (error) {
      this.#events.trouble(error);
    }
  }

  /** @param runsOut work may still be going on, so the others can lead one `duration` later */
  async #yield(runsOut: boolean): Promise<void> {
    if (!runsOut) await this.lease.release();
    const until = core().bootClock() + (runsOut ? 2 : 1) * this.lease.duration;
    this.#writing(() => this.#notes?.yieldUntil(until));
  }

  async #take(): Promise<void> {
    if (this.#handedOver !== null) await this.#takePlace(this.#handedOver);
    const before = this.#notes?.predecessor ?? null;
    const ours = before?.key === this.lease.key ? before : null;
    if (ours?.state === 'yielded') await this.#letOthersLead(ours);
    // The reign of a dead process need not run out.
    const isOver = ours?.state === 'leading' && this.#notes?.isPredecessorGone === true;
    const predecessor = isOver && ours.token !== null ? BigInt(ours.token) : null;
    const asked = { signal: this.#waiting.signal, predecessor, onStandby: (standing: LeaseStanding | null) => this.#standBy(standing) };
    // An engine that has answered already, and fails now, is waited for.
    if (this.#state === 'standby') await acquirePatiently(this.lease, asked, (error) => this.#events.trouble(error));
    else await this.lease.acquire(asked);
    this.#lead();
  }

  /** Until a successor takes its predecessor's place, its start can be undone: it takes no lease, and writes nothing. */
  async #takePlace(handedOver: Promise<void>): Promise<void> {
    const standing = await this.lease.look();
    const { signal } = this.#waiting;
    signal.throwIfAborted();
    this.#state = 'standby';
    this.#saysThatItWaits();
    await Promise.race([handedOver, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
    signal.throwIfAborted();
    this.#standBy(standing);
  }

  /** After a step-down it is the others' turn, as long as a reign lasts. The one that has stepped down may have to run out first. */
  async #letOthersLead({ until, token }: Pick<LeaseRecord, 'until' | 'token'>): Promise<void> {
    const left = () => (until ?? 0) - core().bootClock();
    // A time that no step-down can have meant is no reason to wait.
    if (left() > 2 * this.lease.duration) return;
    for (let standing: LeaseStanding | null = null; standing === null && left() > 0; ) {
      standing = await this.lease.look().catch((error: unknown) => {
        if (this.#state === 'asking') throw error;
        return null;
      });
      if (String(standing?.token) === token) standing = null;
      this.#standBy(standing);
      await elapse(Math.min(LOOK_MS, Math.max(0, left())), undefined, { signal: this.#waiting.signal });
    }
  }

  #standBy(standing: LeaseStanding | null): void {
    this.#state = 'standby';
    const { pid = null, token = null, since = null } = standing ?? {};
    const holder = standing === null ? null : core().printableName(standing.holder);
    this.#note({ ...this.#own(), state: 'standby', holder, holderPid: pid, token: token === null ? null : String(token), since });
    this.#events.status(`standing by${holder === null ? '' : `; ${holder} leads${pid === null ? '' : ` (pid ${pid})`}`}`);
    this.#saysThatItWaits();
  }

  #lead(): void {
    const { lease } = this;
    const { token, lost } = lease;
    this.#state = 'leading';
    const since = new Date();
    this.#note({ ...this.#own(), state: 'leading', holder: lease.holder, holderPid: process.pid, token: String(token), since });
    lost.addEventListener('abort', () => this.#lose(lost.reason), { once: true });
    // The seal is for people: it may come later, and nothing depends on it.
    lease.seal().catch((error: unknown) => this.#state === 'leading' && this.#events.trouble(error));
    this.#events.status(`leads since ${since.toISOString()}, token ${token}`);
    this.#events.lead(token ?? 0n);
    this.#settle(true);
    if (lost.aborted) this.#lose(lost.reason);
  }

  #lose(reason: unknown): void {
    if (this.#state !== 'leading') return;
    this.#state = 'lost';
    this.#events.lost(reason as Error);
  }

  /** The lease cannot be taken at all: during a start, the start fails with this error. */
  #cannotTake(error: Error): void {
    if (this.#waiting.signal.aborted || this.#state !== 'standby') return;
    this.#state = 'lost';
    this.#events.lost(error);
  }

  #own(): Pick<LeaseRecord, 'pid' | 'startTicks' | 'key' | 'until' | 'comesBack'> {
    return { pid: process.pid, startTicks: this.#startTicks, key: this.lease.key, until: null, comesBack: this.comesBack };
  }

  #note(record: LeaseRecord): void {
    this.#writing(() => this.#notes?.write(record));
  }

  /** A full disk is no reason to stop. */
  #writing(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#events.trouble(error);
    }
  }
}
