import { ftruncateSync } from 'node:fs';
import { forgetLock, startedAt } from '@daemonium/core/handover';
import { type Context, resolved } from '../context.ts';
import { DaemonError, StartError } from '../errors.ts';
import { Deferred } from '../wire/deferred.ts';
import { Attempt } from './attempt.ts';
import { commandLine } from './command-line.ts';
import { interruptedFailure, lostFailure, startFailure, timeoutFailure } from './failure.ts';
import { interruptible } from './interrupt.ts';
import { type Crossing, type Ordinal, prepareCrossing, spawnDaemon } from './stage1-detach.ts';

/** What `monitor()` gets: the daemon on its way. */
export interface Startup {
  /** The daemon's pid. */
  readonly pid: number;
  /** What it writes to standard output until READY; any number of readers, each from the start. */
  readonly output: AsyncIterable<string>;
  /** The same for standard error. */
  readonly error: AsyncIterable<string>;
  /** READY. Rejects with the StartError; nobody has to wait for it. */
  readonly done: Promise<void>;
}

/** Starts under way in this process, by their daemon: stage 1, which may be overridden, finds its own here. */
const launches = new WeakMap<Context, Launch>();

/**
 * The launcher's whole part: from the lock to the ack.
 * @throws {AlreadyLockedError} before anything is spawned
 * @throws {StartError} nothing is left of the daemon then, and the lock is as it was
 */
export async function launch(context: Context, ordinal: Ordinal, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const launch = new Launch(context, ordinal);
  launches.set(context, launch);
  await launch.run(signal);
}

/** What `super.stage1()` does in the launcher. */
export function detach(context: Context): void {
  const launch = launches.get(context);
  if (launch === undefined) throw new DaemonError('Stage 1 belongs to a start: call start(), activate() or stage1() itself', { stage: 1 });
  launch.detach();
}

class Launch {
  readonly #context: Context;
  readonly #ordinal: Ordinal;
  readonly #stopped = new Deferred<never>();
  #attempt: Attempt | null = null;
  #undoing: Promise<void> | null = null;
  /** The lock was the caller's before; a failed start leaves it so. */
  #borrowed = false;
  #exiting = false;
  #crossing: (() => Crossing) | null = null;

  constructor(context: Context, ordinal: Ordinal) {
    this.#context = context;
    this.#ordinal = ordinal;
  }

  async run(signal?: AbortSignal): Promise<void> {
    const { module, startTimeout } = resolved(this.#context);
    const command = commandLine(module);
    using _interruptible = interruptible(this);
    const lock = this.#context.lock();
    this.#borrowed = lock?.isLocked() ?? false;
    if (lock !== null && !this.#borrowed) await lock.acquire(signal === undefined ? {} : { signal });
    const aborted = () => this.#stop(signal?.reason);
    let timer: NodeJS.Timeout | undefined;
    try {
      this.#crossing = () => prepareCrossing(this.#context, command, this.#ordinal);
      signal?.addEventListener('abort', aborted, { once: true });
      await this.#context.call(1);
      if (this.#attempt === null) {
        throw new DaemonError('stage1() was overridden and did not call super.stage1(): no daemon was started', { stage: 1 });
      }
      const attempt: Attempt = this.#attempt;
      if (startTimeout > 0) timer = setTimeout(() => this.#stop(timeoutFailure(this.#context, attempt)), startTimeout);
      await Promise.race([this.#follow(attempt), this.#stopped.promise]);
    } catch (error) {
      await this.#undo();
      // The process is about to end by a signal: what the program would do about a failed start is not wanted any more.
      if (this.#exiting) await new Promise<never>(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      launches.delete(this.#context);
    }
  }

  detach(): void {
    if (this.#attempt !== null || this.#crossing === null) throw new DaemonError('The daemon has been started already', { stage: 1 });
    const { daemon } = this.#context;
    const crossing = this.#crossing();
    this.#attempt = new Attempt(spawnDaemon(crossing), crossing, {
      spawned: (pid) => {
        this.#context.pid = pid;
        daemon.emit('spawned', pid);
      },
      stage: (stage) => daemon.emit('stage', stage),
      output: (text) => daemon.emit('output', text),
      errorOutput: (text) => daemon.emit('error-output', text),
    });
  }

  /** Undo the start; when the program itself does not end, tell it why. */
  async interrupted(signal: NodeJS.Signals, exits: boolean): Promise<void> {
    this.#exiting = exits;
    if (!exits) this.#stop(interruptedFailure(this.#context, this.#attempt, signal));
    await this.#undo();
  }

  #stop(reason: unknown): void {
    this.#stopped.reject(reason);
  }

  async #follow(attempt: Attempt): Promise<void> {
    const { daemon } = this.#context;
    const context = this.#context;
    const done = attempt.ready.catch(() => Promise.reject(this.#tell(startFailure(context, attempt))));
    done.catch(() => {});
    const pid = await attempt.spawned.catch(() => done.then(() => attempt.pid as number));
    const monitored = Promise.resolve(daemon.monitor({ pid, output: attempt.output, error: attempt.error, done }));
    await Promise.all([done, monitored]).catch(async (error) => {
      if (error instanceof StartError) throw error;
      // monitor() threw: the daemon's own failure, if there is one at the same moment, says more.
      throw attempt.isReady || !this.#hasFailed(attempt)
        ? error
        : await done.then(
            () => error,
            (failure) => failure,
          );
    });
    context.since = startedAt(pid);
    if (!(await attempt.release())) throw this.#tell(lostFailure(context, attempt));
    context.output = attempt.output.text;
    context.error = attempt.error.text;
    const lock = context.lock();
    if (lock !== null) forgetLock(lock);
    daemon.emit('ready', pid);
  }

  #hasFailed(attempt: Attempt): boolean {
    return attempt.failure !== null || attempt.spawnError !== null;
  }

  #tell(error: Error): Error {
    if (error instanceof StartError) {
      this.#context.output = error.output;
      this.#context.error = error.error;
    }
    return error;
  }

  #undo(): Promise<void> {
    this.#undoing ??= (async () => {
      await this.#attempt?.kill();
      this.#context.pid = null;
      const lock = this.#context.lock();
      if (lock === null || !lock.isLocked()) return;
      // The daemon may have written its pid; the caller's own lock stays the caller's.
      if (this.#borrowed) ftruncateSync(lock.fd as number, 0);
      else lock.release();
    })();
    return this.#undoing;
  }
}
