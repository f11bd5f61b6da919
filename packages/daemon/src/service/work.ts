import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import { endWhenIdle } from './end-when-idle.ts';
import type { ServiceLog } from './log.ts';
import type { Termination } from './termination.ts';

/** The launcher, as far as the beginning of `run()` concerns it. */
export interface WorkChannel {
  /** The first turn of `run()` belongs to the start. */
  readonly isGoing: boolean;
  /** An error would still be the start's. */
  readonly isListening: boolean;
  /** The launcher is gone, or has undone the start. */
  readonly isLost: boolean;
  send(report: { readonly type: 'working' }): void;
  reportFailure(error: unknown): void;
}

/** How the process ends. */
interface WorkEnds {
  /** Nothing is left to do. */
  whenIdle(): void;
  withCode(code: number): Promise<never>;
}

/** `run()`, from its call to the end of the process. */
export class Work {
  readonly #log: ServiceLog;
  readonly #termination: Termination;
  readonly #channel: WorkChannel | null;
  readonly #end: WorkEnds;
  #isOver = true;
  /**
   * `none`: `run()` was not called, or has failed. `done`: it has settled, and open handles keep the process. `idle`: nothing keeps the
   * process.
   */
  #state: 'none' | 'pending' | 'done' | 'idle' = 'none';
  #isProgram = false;

  constructor(
    { log, termination }: { readonly log: ServiceLog; readonly termination: Termination },
    channel: WorkChannel | null,
    end: WorkEnds,
  ) {
    this.#log = log;
    this.#termination = termination;
    this.#channel = channel;
    this.#end = end;
  }

  /** Nothing is at work any more: `run()` was not called, has settled since the process was asked to end, or has left nothing to do. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** This process stands by: to the start, the first turn of `run()` is over. */
  standBy(): void {
    if (this.#channel?.isGoing === true) this.#channel.send({ type: 'working' });
  }

  /**
   * The work that an exit would cut off now; `null`: there is none, or the process was asked to end, or its start has been undone, or it
   * runs a program, which may end when it likes.
   */
  get underWay(): 'run()' | 'what run() left behind' | null {
    if (this.#isProgram || this.#termination.isAsked || this.#channel?.isLost === true) return null;
    if (this.#state === 'pending') return 'run()';
    return this.#state === 'done' ? 'what run() left behind' : null;
  }

  /**
   * Does the work, and ends the process after it: with 0 when the work is done and the event loop empty, with 1 when it threw. As a thread
   * lives until its function returns, the process lives until `run()` has settled, even if nothing else keeps it.
   * @param options `keepsProcess: false`: only open handles keep the process; `isProgram`: a program may end itself by `process.exit()`
   */
  async begin(
    run: () => unknown,
    { isProgram = false, keepsProcess = !isProgram }: { readonly isProgram?: boolean; readonly keepsProcess?: boolean } = {},
  ): Promise<void> {
    let alive: NodeJS.Timeout | undefined;
    this.#state = 'pending';
    this.#isProgram = isProgram;
    this.#isOver = false;
    try {
      const working = run();
      if (keepsProcess) alive = setInterval(() => {}, LONGEST_TIMER);
      if (this.#channel?.isGoing === true) setImmediate(() => this.#endFirstTurn());
      await working;
    } catch (error) {
      if (!this.#termination.isAbort(error)) return this.#fail(error);
    } finally {
      clearInterval(alive);
    }
    this.#state = 'done';
    this.#isOver = this.#termination.isAsked;
    this.#termination.workEnded();
    this.#log.debug({ pid: process.pid }, 'run() finished');
    this.#endWhenIdle();
  }

  /** Errors after this point no longer fail the start. */
  #endFirstTurn(): void {
    if (this.#state !== 'none') this.#channel?.send({ type: 'working' });
  }

  /** The script goes on by itself, and has a lease: that goes when there is nothing left to do. */
  goesOn(): void {
    this.#isOver = false;
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    endWhenIdle(() => {
      this.#state = 'idle';
      this.#isOver = true;
      this.#end.whenIdle();
    });
  }

  async #fail(error: unknown): Promise<void> {
    this.#state = 'none';
    try {
      const isStartsError = this.#channel?.isListening === true;
      this.#channel?.reportFailure(error);
      // With a launcher that listens the error is in good hands; a logger still wants to have it.
      if (!isStartsError || this.#log.hasLogger) this.#log.fatal(error, 'run() failed');
    } finally {
      await this.#end.withCode(this.#termination.code ?? 1);
    }
  }
}
