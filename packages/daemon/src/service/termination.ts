import { programListeners } from '@daemonium/core/start';
import type { DaemonObject } from '../definition/facts.ts';
import type { ShutdownRequest } from '../definition/shutdown-request.ts';
import { DaemonError } from '../errors.ts';
import type { Leadership } from '../lease/leadership.ts';
import type { ServiceLog } from './log.ts';
import type { ServiceManager } from './service-manager.ts';

/** An object that hears of the end: the daemon, and in the foreground also the object that was asked to start. */
export interface Told {
  readonly daemon: DaemonObject;
  readonly shutdown: ShutdownRequest;
}

/** EX_TEMPFAIL of sysexits.h: a supervisor starts the process again. */
export const TRY_AGAIN = 75;
/** A process that ends by itself can still say so: before the kernel ends it, in ms. */
const LAST_WORDS_MS = 100;

interface TerminationParts {
  readonly log: ServiceLog;
  readonly manager: ServiceManager | null;
  readonly leadership: Leadership | null;
  readonly end: (code: number | string) => unknown;
}

type Listener = (signal: NodeJS.Signals) => unknown;

/**
 * The end of a daemon that is asked to end. A signal belongs to the program first. If the program has a listener on the signal or on
 * `terminate`, or has read `shutdown`, the process has `stopTimeout` ms to end by itself. Otherwise it ends at once.
 */
export class Termination {
  readonly #told: readonly Told[];
  readonly #log: ServiceLog;
  readonly #manager: ServiceManager | null;
  readonly #stopTimeout: number;
  readonly #leadership: Leadership | null;
  readonly #end: (code: number | string) => unknown;
  readonly #listeners = new Map<NodeJS.Signals, Listener>();
  #isAsked = false;
  #interrupts = 0;
  readonly #onAsked: Array<() => void> = [];
  /** Why the process comes to its end, if a successor goes on. */
  #succeeded: Error | null = null;
  /** `run()` has settled. */
  #hasWorked = false;
  /** A listener of the program is at work until the process ends: nothing says when its work is done. */
  #isAtWork = false;
  #code: number | null = null;

  /** @param parts `end` ends the process, in good order */
  constructor(told: readonly Told[], { log, manager, leadership, end }: TerminationParts, stopTimeout: number) {
    this.#told = told;
    this.#log = log;
    this.#manager = manager;
    this.#leadership = leadership;
    this.#end = end;
    this.#stopTimeout = stopTimeout;
  }

  /** The exit code that the program cannot change; `null`: the program chooses it. */
  get code(): number | null {
    return this.#code;
  }

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Adds our listener to a signal, and keeps it the first, so that it sees those of the program which fire only once. */
  listenFirst(signal: NodeJS.Signals, listener: Listener): void {
    if (this.#listeners.size === 0) process.on('newListener', (event) => this.#stayFirst(event as NodeJS.Signals));
    this.#listeners.set(signal, listener);
    process.prependListener(signal, listener);
  }

  /** The process ends with 75, whatever code the program gives: its supervisor is to start it again. */
  tryAgain(): void {
    this.#code = TRY_AGAIN;
  }

  /** SIGTERM, SIGINT or `terminate()`. @param signal `undefined`: the program asks by itself */
  ask(signal?: NodeJS.Signals): void {
    if (signal === 'SIGTERM' && this.#leadership?.isToStepDown() === true) this.tryAgain();
    const isFirst = !this.#isAsked;
    this.#isAsked = true;
    if (isFirst) this.#tell();
    // A second SIGINT is a person at a terminal.
    if (signal === 'SIGINT') this.#interrupts += 1;
    if (this.#interrupts > 1) return void this.#end(this.#code ?? 1);
    if (!this.#isAtWork && !this.#programListens(signal)) return void this.#end(this.#code ?? process.exitCode ?? 0);
    if (isFirst) this.#limitTime(this.#stopTimeout);
  }

  /**
   * Another process is to do the work: this one ends with 75, so that its supervisor starts it again. To the program this looks like
   * SIGTERM.
   * @param killIn when the kernel ends this process, in ms
   */
  leave(killIn: number): void {
    this.tryAgain();
    if (!this.#isAsked) this.#tell();
    this.#isAsked = true;
    const listens = this.#programListens('SIGTERM');
    if (!this.#isAtWork && !listens) return void this.#end(TRY_AGAIN);
    this.#limitTime(Math.min(this.#stopTimeout, Math.max(0, killIn - LAST_WORDS_MS)));
    if (listens) process.emit('SIGTERM', 'SIGTERM');
  }

  /** Calls `listener` when the process is asked to end, before the program hears of it. */
  onAsked(listener: () => void): void {
    this.#onAsked.push(listener);
  }

  /**
   * A successor has taken over: this process ends as at SIGTERM, and a program with a listener hears that signal. If no code of the program
   * cleans up, the servers are drained first.
   */
  succeeded(drainServers: () => Promise<void>): void {
    if (this.#isAsked) return;
    this.#succeeded = upgraded();
    if (this.#programListens('SIGTERM')) return void process.kill(process.pid, 'SIGTERM');
    this.#isAsked = true;
    this.#tell();
    this.#limitTime(this.#stopTimeout);
    if (this.#isAtWork) return;
    const end = () => void this.#end(this.#code ?? process.exitCode ?? 0);
    drainServers().then(end, end);
  }

  /** `run()` has settled: only the event loop may have work left. */
  workEnded(): void {
    this.#hasWorked = true;
  }

  /** Whether `error` only says that `shutdown` has aborted what `run()` awaited: then `run()` has ended as it was asked to. */
  isAbort(error: unknown): boolean {
    return this.#told.some(({ shutdown }) => shutdown.isReason(error));
  }

  #tell(): void {
    for (const listener of this.#onAsked) listener();
    // The service goes on, and its manager knows its main process.
    if (this.#succeeded === null) this.#manager?.stopping();
    this.#leadership?.giveUp();
    // Counted before the event: a listener set with `once` would be gone after it.
    this.#isAtWork = this.#told.some(({ daemon, shutdown }) => shutdown.hasReader || daemon.listenerCount('terminate') > 0);
    for (const { daemon } of this.#told) daemon.emit('terminate');
    for (const { shutdown } of this.#told) shutdown.make(this.#succeeded ?? undefined);
  }

  #programListens(signal: NodeJS.Signals | undefined): boolean {
    if (signal === undefined) return false;
    const own = this.#listeners.get(signal);
    const { count, hasOnce } = programListeners(signal, (listener) => listener === own);
    // The signal itself removes a `once` listener: afterwards nothing shows that it is at work.
    this.#isAtWork ||= hasOnce;
    return count > 0;
  }

  /** A timer that does not keep the process: an empty event loop is the end. */
  #limitTime(limit: number): void {
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ');
      this.#log.error(`the process did not end within ${Math.round(limit)} ms of being asked to; still open: ${open || 'nothing'}`);
      void this.#end(this.#code ?? (this.#hasWorked ? (process.exitCode ?? 0) : 1));
    }, limit).unref();
  }

  #stayFirst(signal: NodeJS.Signals): void {
    const listener = this.#listeners.get(signal);
    if (listener === undefined) return;
    // The new one is there after this event.
    process.nextTick(() => {
      if (process.rawListeners(signal)[0] === listener) return;
      process.off(signal, listener);
      process.prependListener(signal, listener);
    });
  }
}

function upgraded(): Error {
  const reason = new DaemonError('A successor has taken over', { code: 'ERR_UPGRADED' });
  return Object.defineProperty(reason, 'name', { value: 'AbortError', configurable: true, writable: true });
}
