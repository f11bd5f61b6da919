import type { LaunchUnderWay } from '../definition/daemon-state.ts';
import { type EarlyEnd, identityOf, type ProcessIdentity, type StartedDaemon } from '../definition/start-outcome.ts';
import { DaemonError, StartError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { Deferred } from '../internal/deferred.ts';
import { never } from '../internal/never.ts';
import type { CountedCall } from '../start-call/call-journal.ts';
import { StartHoldings } from './holdings.ts';
import { interruptible } from './interrupt.ts';
import { LaunchState } from './launch-state.ts';
import type { StartLock } from './launcher-lock.ts';
import { notifyStarted } from './notify-started.ts';
import { spawnFailure } from './spawn.ts';
import { planSpawn, type SpawnPlan, type StartRecipe } from './spawn-plan.ts';
import { type SpawnEvents, SpawnedDaemon } from './spawned-daemon.ts';
import { interruptedError, sealError, startError, timeoutError } from './start-errors.ts';
import { TemporaryDescriptors } from './temporary-descriptors.ts';

/** How long start() waits for the first turn of `run()`, in ms. A daemon that has said READY is never killed for working. */
const FIRST_TURN_MS = 1_000;

/** One start. {@link LaunchState} says how far it has come, and what can still happen to it. */
export class Launch implements LaunchUnderWay {
  readonly #recipe: StartRecipe;
  readonly #lock: StartLock;
  readonly #holdings: StartHoldings;
  readonly #state = new LaunchState();
  /** Rejects when the start is undone from here: by time-out, signal or abort. */
  readonly #stopped = new Deferred<never>();
  readonly #settled = new Deferred<void>();
  /** The pid file names the daemon, although no answer has said so. */
  readonly #committed = new Deferred<void>();
  /** Cancels the waiting for the lock. Made only where there is one: it would cost every start 0.5 ms. */
  readonly #waiting: AbortController | null;
  #timer: NodeJS.Timeout | undefined;
  #daemon: SpawnedDaemon | null = null;
  #undoing: Promise<void> | null = null;
  /** Why the start is undone from here. */
  #reason: (() => unknown) | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** This process ends by a signal: the program's own reaction to a failed start must not run any more. */
  #isExiting = false;
  process: ProcessIdentity | null = null;
  /** The shell that stays, with `respawn`. */
  #supervisor: ProcessIdentity | null = null;

  constructor(recipe: StartRecipe) {
    this.#recipe = recipe;
    this.#lock = recipe.lock;
    this.#holdings = new StartHoldings(recipe);
    this.#waiting = recipe.lock.path === null ? null : new AbortController();
  }

  async run(signal: AbortSignal | undefined): Promise<StartedDaemon> {
    // A daemon's signals have their own meaning, and its end undoes the start.
    using _interruptible = this.#recipe.succession === null ? interruptible(this) : null;
    const abort = () => this.#stop(() => signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#throughStates(), this.#stopped.promise]);
    } catch (error) {
      this.#state.on('undo');
      await this.#undo();
      if (this.#isExiting) await never();
      throw this.#reason === null ? error : this.#error();
    } finally {
      clearTimeout(this.#timer);
      signal?.removeEventListener('abort', abort);
      this.#settled.resolve();
    }
  }

  async #throughStates(): Promise<StartedDaemon> {
    const { facts, plan, call } = this.#recipe;
    await this.#lock.take(this.#waiting?.signal);
    this.#refuseWhenUndone();
    await this.#recipe.sockets.open();
    // The start was undone meanwhile, and these sockets came too late for it.
    if (this.#state.name === 'undone') this.#recipe.sockets.discard();
    this.#refuseWhenUndone();
    if (plan.startTimeout > 0)
      this.#timer = setTimeout(() => this.#stop(() => timeoutError(this.#recipe.plan, this.#daemon)), plan.startTimeout);
    await facts.stages.call(1);
    const daemon = this.#daemon;
    if (daemon === null) {
      throw new DaemonError('stage1() is overridden and did not call super.stage1(): no daemon was started', { stage: 1 });
    }
    await this.#untilReady(daemon);
    if (!plan.waitForReady && runsAtOnce(call)) await this.#firstTurn(daemon);
    return this.#release(daemon);
  }

  /** Stage 1 in the launcher. */
  detach(): void {
    if (this.#daemon !== null) throw new DaemonError('The daemon has been started already: stage 1 was called twice', { stage: 1 });
    this.#refuseWhenUndone();
    using opened = new TemporaryDescriptors();
    const plan = this.#plan(opened);
    const { daemon: subject } = this.#recipe.facts;
    const emit = (event: 'stage', value: number) => subject.emit(event, value);
    const seal = (pid: number | null) => this.#seal(daemon, pid);
    const daemon = new SpawnedDaemon(this.#recipe.spawn(plan), plan, { emit: emit as SpawnEvents['emit'], seal });
    this.#daemon = daemon;
    this.#state.on('spawn');
    daemon.send(plan.payload());
  }

  /** Stage 6 of a daemon that has given up root: the file gets the pid that the kernel reports. */
  #seal(daemon: SpawnedDaemon, pid: number | null): void {
    try {
      if (pid === null)
        throw new DaemonError('The shell of the start has no child, or several: nothing tells which is the daemon', { stage: 6 });
      if (pid !== daemon.progress.pid)
        throw new DaemonError(`The daemon says that it is process ${daemon.progress.pid}, and the kernel says ${pid}`, { stage: 6 });
      this.#lock.seal(daemon.supervisor ?? pid);
      daemon.sealed();
    } catch (cause) {
      this.#stop(() => sealError(this.#recipe.plan, cause as Error));
    }
  }

  #plan(opened: TemporaryDescriptors): SpawnPlan {
    try {
      return planSpawn(this.#recipe, opened);
    } catch (cause) {
      throw spawnFailure(cause as NodeJS.ErrnoException);
    }
  }

  async #untilReady(daemon: SpawnedDaemon): Promise<void> {
    const done = daemon.progress.ready.promise.catch(() => Promise.reject(this.#error()));
    done.catch(() => {});
    const pid = await daemon.progress.spawned.promise.catch(() => done.then(() => daemon.progress.pid as number));
    // Now, because there is nothing to do until READY, and then every look at /proc would keep the daemon waiting.
    this.process = identityOf(pid);
    if (daemon.supervisor !== null) this.#supervisor = identityOf(daemon.supervisor);
    const { output, error } = daemon;
    const monitored = (async () => this.#recipe.facts.daemon.monitor({ pid, output, error, done }))();
    await Promise.all([done, monitored]).catch(async (failure: unknown) => {
      // When monitor() throws while the daemon is failing, the daemon's own error says more.
      if (!(failure instanceof StartError) && daemon.failure !== null) await done;
      throw failure;
    });
    this.#state.on('ready');
  }

  /** Waits until the first turn of `run()` is over, or takes long. */
  async #firstTurn(daemon: SpawnedDaemon): Promise<void> {
    if (!this.#state.on('go')) return this.#stopped.promise;
    clearTimeout(this.#timer);
    await daemon.firstTurn(FIRST_TURN_MS).catch(() => Promise.reject(this.#error()));
  }

  async #release(daemon: SpawnedDaemon): Promise<StartedDaemon> {
    // A successor that has finished already is none.
    if (daemon.hasFailed || (this.#recipe.succession !== null && daemon.hasEnded)) {
      await daemon.ended;
      throw this.#error();
    }
    const { pid } = this.process as ProcessIdentity;
    if (!this.#state.on('commit')) return this.#stopped.promise;
    const committing = this.#lock.commit(this.#namedPid);
    if (committing !== undefined) await this.#untilCommitted(daemon, committing);
    if (!this.#state.on('release')) return this.#stopped.promise;
    await daemon.release(this.#recipe.lingers);
    // A daemon that has finished already has left its file to its launcher, or has removed it.
    if (daemon.hasEnded) this.#holdings.giveBack(true);
    else this.#holdings.handOver();
    if (this.#recipe.plan.entry.kind !== 'module' || this.#recipe.succession !== null) await notifyStarted(this.#supervisor?.pid ?? pid);
    const supervisor = daemon.hasEnded ? null : this.#supervisor;
    return {
      kind: 'started',
      ...(this.process as ProcessIdentity),
      supervisor,
      earlyEnd: this.#recipe.lingers ? this.#earlyEnd(daemon) : null,
      output: daemon.output.text,
      error: daemon.error.text,
    };
  }

  async #earlyEnd(daemon: SpawnedDaemon): Promise<EarlyEnd> {
    const end = await daemon.earlyEnd;
    // A file that cannot be removed is taken over by the next start. With `respawn` the shell has it.
    if (this.#supervisor === null) await this.#holdings.tidyUp().catch(() => {});
    return end;
  }

  /** Waits for another process to write the pid file. A successor that has ended meanwhile is none. */
  async #untilCommitted(daemon: SpawnedDaemon, committing: Promise<void>): Promise<void> {
    await Promise.race([committing, this.#committed.promise]);
    if (!daemon.hasEnded && !core().processIsEnding(this.#namedPid)) return;
    await daemon.ended;
    throw this.#error();
  }

  /** The process for the pid file to name. */
  get #namedPid(): number {
    return this.#supervisor?.pid ?? (this.process as ProcessIdentity).pid;
  }

  /** A signal to this process. Before the release it undoes the start; after it, start() settles first. Resolves when either is done. */
  async interrupted(signal: NodeJS.Signals, isExiting: boolean): Promise<void> {
    if (this.#state.name === 'released') {
      await this.#settled.promise;
      // A turn for the program to say so.
      return new Promise((resolve) => void setImmediate(resolve));
    }
    this.#isExiting = isExiting;
    this.#stop(() => interruptedError(this.#recipe.plan, this.#daemon, signal));
    await this.#undo();
  }

  /** This process ends before the start is undone. A daemon that it has killed cannot remove its files any more. */
  abandoned(): void {
    if (this.#undoing !== null) this.#holdings.abandon();
  }

  /** Undoes the start, and then makes it fail: output of the daemon until then belongs to the error. */
  #stop(reason: () => unknown): void {
    if (this.#state.name === 'committing' && this.#lock.names(this.#namedPid)) {
      this.#committed.resolve();
      return;
    }
    if (!this.#state.on('undo')) return;
    this.#reason = reason;
    this.#waiting?.abort();
    void this.#undo().then(() => this.#stopped.reject(this.#error()));
  }

  #refuseWhenUndone(): void {
    if (this.#state.name === 'undone') throw this.#error();
  }

  /** Why there is no daemon. Every caller gets the same error. */
  #error(): unknown {
    this.#failure ??= { error: this.#reason === null ? startError(this.#recipe.plan, this.#daemon as SpawnedDaemon) : this.#reason() };
    return this.#failure.error;
  }

  #undo(): Promise<void> {
    this.#undoing ??= (async () => {
      await this.#daemon?.kill();
      this.process = null;
      this.#holdings.giveBack(this.#daemon !== null);
    })();
    return this.#undoing;
  }
}

/** start() and restart() call `run()` in the daemon; activate() and single stages return to the script there. */
function runsAtOnce({ method }: CountedCall): boolean {
  return method === 'start' || method === 'restart';
}
