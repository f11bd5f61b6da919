import { processStartTime, startedAt } from '@daemonium/core/start';
import { type Context, resolved } from '../context.ts';
import { DaemonError, StartError } from '../errors.ts';
import { Deferred } from '../wire/deferred.ts';
import { Attempt } from './attempt.ts';
import { type CommandLine, commandLine } from './command-line.ts';
import { type Crossing, type Ordinal, prepareCrossing } from './crossing.ts';
import { interruptedFailure, lostFailure, startFailure, timeoutFailure } from './failure.ts';
import { interruptible } from './interrupt.ts';
import { spawnDaemon, spawnFailure } from './spawn.ts';
import { StartLock } from './start-lock.ts';
import { Opened } from './streams.ts';

/**
 * The launcher's whole part: from the lock to the ack.
 * @throws {AlreadyLockedError} before anything is spawned
 * @throws {StartError} nothing is left of the daemon then, and the lock is as it was
 */
export async function launch(context: Context, ordinal: Ordinal, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const launch = new Launch(context, ordinal);
  context.detach = () => launch.detach();
  try {
    await launch.run(signal);
  } finally {
    context.detach = null;
  }
  announce(context);
}

/** There is no way back any more, so a listener that throws is no failed start, but an error nobody caught. */
function announce({ daemon, pid }: Context): void {
  try {
    daemon.emit('ready', pid as number);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

class Launch {
  readonly #context: Context;
  readonly #ordinal: Ordinal;
  readonly #lock: StartLock;
  readonly #stopped = new Deferred<never>();
  /** Only who waits for a lock can be told to stop waiting; to load this for everybody would take each start half a millisecond. */
  readonly #waiting: AbortController | null;
  #command: CommandLine | null = null;
  #attempt: Attempt | null = null;
  #undoing: Promise<void> | null = null;
  /** Why it is undone, although the daemon has not failed. */
  #reason: (() => unknown) | null = null;
  #failure: { readonly error: unknown } | null = null;
  #exiting = false;
  #acknowledged = false;

  constructor(context: Context, ordinal: Ordinal) {
    this.#context = context;
    this.#ordinal = ordinal;
    const lock = context.lock();
    this.#lock = new StartLock(lock);
    this.#waiting = lock === null ? null : new AbortController();
  }

  async run(signal: AbortSignal | undefined): Promise<void> {
    const { module, startTimeout } = resolved(this.#context);
    this.#command = commandLine(module);
    using _interruptible = interruptible(this);
    const aborted = () => this.#stop(() => signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      await this.#lock.take(this.#waiting?.signal);
      this.#refuseWhenStopped();
      if (startTimeout > 0) timer = setTimeout(() => this.#stop(() => timeoutFailure(this.#context, this.#attempt)), startTimeout);
      await Promise.race([this.#detachAndFollow(), this.#stopped.promise]);
    } catch (error) {
      await this.#undo();
      // The process is about to end by a signal: what the program would do about a failed start is not wanted any more.
      if (this.#exiting) await new Promise<never>(() => {});
      throw this.#tell(this.#reason === null ? error : this.#failed());
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    }
  }

  detach(): void {
    if (this.#attempt !== null) throw new DaemonError('The daemon has been started already: stage 1 was called twice', { stage: 1 });
    this.#refuseWhenStopped();
    const { daemon } = this.#context;
    using opened = new Opened();
    const crossing = this.#prepare(opened);
    this.#attempt = new Attempt(spawnDaemon(crossing), crossing, {
      spawned: (pid) => {
        this.#context.pid = pid;
        daemon.emit('spawned', pid);
      },
      stage: (stage) => daemon.emit('stage', stage),
      output: (text) => daemon.emit('output', text),
      errorOutput: (text) => daemon.emit('error-output', text),
    });
    this.#attempt.send(crossing.payload());
  }

  #prepare(opened: Opened): Crossing {
    try {
      return prepareCrossing(this.#context, this.#command as CommandLine, this.#ordinal, opened);
    } catch (cause) {
      throw spawnFailure(cause as NodeJS.ErrnoException);
    }
  }

  /** Undo the start; when the program itself does not end, tell it why. */
  async interrupted(signal: NodeJS.Signals, exits: boolean): Promise<void> {
    if (this.#acknowledged) return;
    this.#exiting = exits;
    this.#stop(() => interruptedFailure(this.#context, this.#attempt, signal));
    await this.#undo();
  }

  /** Undoes the start, and then makes it fail: what the daemon still says until then belongs to the error. */
  #stop(reason: () => unknown): void {
    if (this.#acknowledged || this.#reason !== null) return;
    this.#reason = reason;
    this.#waiting?.abort();
    void this.#undo().then(() => this.#stopped.reject(this.#failed()));
  }

  #refuseWhenStopped(): void {
    if (this.#reason !== null) throw this.#failed();
  }

  async #detachAndFollow(): Promise<void> {
    await this.#context.call(1);
    if (this.#attempt === null) {
      throw new DaemonError('stage1() is overridden and did not call super.stage1(): no daemon was started', { stage: 1 });
    }
    await this.#follow(this.#attempt);
  }

  async #follow(attempt: Attempt): Promise<void> {
    const context = this.#context;
    const done = attempt.ready.catch(() => Promise.reject(this.#failed()));
    done.catch(() => {});
    const pid = await attempt.spawned.catch(() => done.then(() => attempt.pid as number));
    // Now, because there is nothing to do until READY, and then every look at /proc would keep the daemon waiting.
    context.since = startedAt(pid);
    context.startTime = context.since === null ? null : processStartTime(pid);
    const monitored = (async () => context.daemon.monitor({ pid, output: attempt.output, error: attempt.error, done }))();
    await Promise.all([done, monitored]).catch(async (error: unknown) => {
      // When monitor() throws while the daemon is failing, the daemon's own error says more.
      if (!(error instanceof StartError) && attempt.hasFailed) await done;
      throw error;
    });
    const released = await attempt.release(() => {
      this.#acknowledged = true;
    });
    if (!released) throw lostFailure(context, attempt);
    context.output = attempt.output.text;
    context.error = attempt.error.text;
    this.#lock.forget();
  }

  /** Why there is no daemon; the same error for everybody who asks. */
  #failed(): unknown {
    this.#failure ??= { error: this.#reason === null ? startFailure(this.#context, this.#attempt as Attempt) : this.#reason() };
    return this.#failure.error;
  }

  #tell(error: unknown): unknown {
    if (error instanceof StartError) {
      this.#context.output = error.output;
      this.#context.error = error.error;
    }
    return error;
  }

  #undo(): Promise<void> {
    this.#undoing ??= (async () => {
      await this.#attempt?.kill();
      Object.assign(this.#context, { pid: null, since: null, startTime: null });
      this.#lock.giveBack();
    })();
    return this.#undoing;
  }
}
