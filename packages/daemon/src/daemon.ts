import type { PidLockFile } from '@daemonium/core';
import { checkAbortSignal, expectDaemon } from '@daemonium/core/start';
import type { DaemonEvents } from './daemon-events.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { isDaemonProcess } from './daemonized/arrival.ts';
import { DaemonState, loadCoreIfPidFile, type Role } from './definition/daemon-state.ts';
import { createFacts } from './definition/facts.ts';
import { readStateBy } from './definition/state-of.ts';
import { DaemonError } from './errors.ts';
import { EventEmitter } from './internal/event-emitter.ts';
import { processState } from './internal/process-state.ts';
import { endLauncher, printOutcome } from './launcher/print-outcome.ts';
import { callOptions, constructorOptions } from './options/call-options.ts';
import type { DaemonLease } from './options/lease-option.ts';
import { lockOf } from './options/pid-file.ts';
import type { DaemonStatus } from './remote/status.ts';
import type { StepDownResult } from './remote/step-down.ts';
import type { StopOptions, StopResult } from './remote/stop.ts';
import type { UpgradeOptions } from './remote/upgrade.ts';
import { listenSockets } from './service/listen-sockets.ts';
import type { Service, UpgradeResult } from './service/service.ts';
import { stage1Detach } from './stages/stage1-detach.ts';
import { stage2CoreDumps } from './stages/stage2-core-dumps.ts';
import { stage3Credentials } from './stages/stage3-credentials.ts';
import { stage4Umask } from './stages/stage4-umask.ts';
import { stage5WorkingDirectory } from './stages/stage5-working-directory.ts';
import { stage6PidFile } from './stages/stage6-pid-file.ts';
import { stage7Signals } from './stages/stage7-signals.ts';
import { stage8InheritedFiles } from './stages/stage8-inherited-files.ts';
import { stage9StandardStreams } from './stages/stage9-standard-streams.ts';
import { activate, type StartRequest, start } from './start-call/dispatch.ts';
import { StartPromise } from './start-call/not-awaited.ts';
import { isAlive, join, kill, pidOf, reload, status, stepDown, stop, stopForRestart, stopStarted, upgrade } from './start-call/queries.ts';
import type { Startup } from './startup.ts';

/**
 * A daemon, in the manner of a thread: override {@link Daemon.run} or pass a `target`, and call {@link Daemon.start}.
 *
 * The process that calls `start()` is the launcher. The daemon is a fresh process that runs the same script again, up to the same call,
 * and goes on from there; with a module as its target it runs that alone. Data crosses; code is evaluated again.
 *
 * `Args` are the arguments of `run()`, or of the target: `class Clock extends Daemon<[interval: number]>`.
 */
export class Daemon<Args extends unknown[] = []> extends EventEmitter<DaemonEvents> {
  readonly #state: DaemonState;
  #pidFile: PidLockFile | null | undefined;

  /**
   * Checks no option yet: {@link Daemon.start} reports invalid ones, before anything is spawned or created.
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an object
   */
  constructor(options: DaemonOptions<Args> = {}) {
    super();
    this.#state = new DaemonState(
      createFacts(this, constructorOptions(options), base(), {
        act: (stage) => this.#act(`stage${stage}`, stage),
        madeAtWork: processState().atWork,
      }),
    );
    // Load core now: later, a synchronous require() fails while somebody's import() of it is pending.
    void loadCoreIfPidFile(this.#state.facts.given)?.catch(() => {});
    // A launcher's log files are not reopened at SIGHUP, which is the terminal going away.
    expectDaemon();
  }

  /**
   * The daemon's work. Override it, or pass a `target`. Called once, in the daemon, with `args` and then `kwargs`.
   * @throws {DaemonError} `ERR_NOTHING_TO_RUN`
   */
  run(...args: Args): unknown {
    const { target } = this.#facts.given;
    if (typeof target === 'function') return target.apply(this, args);
    throw new DaemonError('There is nothing to run: pass a target, or override run()', { code: 'ERR_NOTHING_TO_RUN' });
  }

  /**
   * Starts the daemon. In the launcher it resolves when the daemon is ready and the first turn of `run()` is over, or takes longer than a
   * second; with `waitForReady` when the daemon has called `ready()`. In the daemon it never settles. In the foreground it only rejects (invalid
   * options, lock held, failed stage). So code after `await daemon.start()` runs in the launcher only.
   * @param options `signal` undoes the start
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN`: before anything is spawned or created
   * @throws {DaemonError} `ERR_STAGE_FIELD`, `ERR_ALREADY_STARTED`, ...: the call does not fit the object or the process
   * @throws {AlreadyLockedError} another process holds the pid file; nothing was spawned
   * @throws {StartError} the daemon failed before it was ready, or in the first turn of `run()`; nothing is left of it
   * @throws {StartTimeoutError} it was not ready within `startTimeout`
   */
  start(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    return this.#watched(this.#start('start', options, ['signal']));
  }

  /**
   * Becomes the daemon: resolves in the daemon, when all stages are done. The launcher prints the daemon's output, and exits: 0 when the
   * daemon is ready, 1 when it failed. In the foreground it runs the stages and returns; a module target runs there instead.
   * @throws {OptionError} as {@link Daemon.start}
   * @throws {DaemonError} `ERR_STAGE_FIELD`, ...: as {@link Daemon.start}
   * @throws {AlreadyLockedError} another process holds the pid file; nothing was spawned
   */
  activate(): Promise<void> {
    return this.#act('activate', 9);
  }

  /** Follows a start until READY; override it to show progress. When it throws, the start is undone and rejects with that error. */
  async monitor(startup: Startup): Promise<void> {
    await startup.done;
  }

  /**
   * Prints the daemon's output and the reason of a failure, and exits: 0 when the daemon is ready, 1 when it failed. {@link
   * Daemon.activate} and single stages call it in the launcher. While a pipe is full, the process ends when the pipe has taken everything.
   */
  report(): never {
    const { side } = this.#state;
    const outcome = side.role === 'launcher' ? side.outcome : null;
    const failure = outcome?.kind === 'failed' ? outcome.failure : null;
    printOutcome(outcome?.output ?? '', outcome?.error ?? '', failure);
    return endLauncher(failure === null ? 0 : 1);
  }

  /** With `waitForReady`: the service can be used from now on. */
  ready(): void {
    this.#state.isReadyWanted = true;
    const { side } = this.#state;
    if (side.role !== 'launcher') void side.readiness.want();
  }

  /**
   * Detach: spawns the daemon (launcher); takes over lock and descriptors (daemon). Every stage that is called by itself runs those before
   * it, each once: the launcher ends as at {@link Daemon.activate}, and the call returns in the daemon.
   * @throws {StartError} `ERR_SPAWN`, ...: in the launcher, as {@link Daemon.start}
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/setsid.2.html
   */
  stage1(): void | Promise<void> {
    return stage1Detach(this.#state.side);
  }
  /**
   * Core dumps: none, unless `preventCore` is false.
   * @throws {NodeJS.ErrnoException} `EPERM`
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
   */
  stage2(): void | Promise<void> {
    const { plan, arrival } = this.#service(2);
    return stage2CoreDumps(plan, arrival?.coreLimited ?? false);
  }
  /**
   * Credentials: new root directory, groups, user; verified.
   * @throws {NodeJS.ErrnoException} `EPERM`, `ENOENT`, ...
   * @throws {DaemonError} `ERR_CREDENTIALS`: some thread kept more rights, or root could come back
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man7/credentials.7.html
   */
  stage3(): void | Promise<void> {
    const { plan, arrival } = this.#service(3);
    return stage3Credentials(plan, arrival?.strays ?? []);
  }
  /**
   * File mode creation mask: the option `umask`.
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/umask.2.html
   */
  stage4(): void | Promise<void> {
    return stage4Umask(this.#service(4).plan);
  }
  /**
   * Working directory: the option `workingDirectory`, inside of `rootDirectory`.
   * @throws {NodeJS.ErrnoException} `ENOENT`, `EACCES` for the user the daemon has become
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/chdir.2.html
   */
  stage5(): void | Promise<void> {
    return stage5WorkingDirectory(this.#service(5).plan);
  }
  /**
   * Pid file: sealed with the daemon's pid, in decimal and with a newline.
   * @throws {LockFailedError} `ENOSPC`, ...: it cannot be written
   * @throws {NotMyLockError} the file was removed since the launcher has locked it
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/flock.2.html
   */
  stage6(): void | Promise<void> {
    const { lock, signals, sealed, pidOfFile } = this.#service(6);
    return stage6PidFile(lock, signals, sealed, pidOfFile);
  }
  /**
   * Signals get their meaning: those of `signalMap`, and the defaults.
   * @throws {OptionError} `ERR_OPTION_VALUE`: the script, as it ran again, lacks a method or function of `signalMap`
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man7/signal.7.html
   */
  stage7(): void | Promise<void> {
    return stage7Signals(this.#service(7));
  }
  /**
   * Inherited files: closes those that exec left open and `inheritFiles` does not name.
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/close.2.html
   */
  stage8(): void | Promise<void> {
    return stage8InheritedFiles(this.#service(8).arrival?.strays ?? []);
  }
  /**
   * Standard streams: the targets of the options, or /dev/null.
   * @throws {NodeJS.ErrnoException} `EBADF`, ...
   * @throws {DaemonError} `ERR_DAEMON`: an overridden `stage1()` has not called `super.stage1()`
   * @throws {DaemonError} `ERR_STAGE_TWICE`, `ERR_STAGE_AT_WORK`
   * @see https://man7.org/linux/man-pages/man2/dup2.2.html
   */
  stage9(): void | Promise<void> {
    const { opened, plan, role } = this.#service(9);
    return stage9StandardStreams(opened, plan, role === 'foreground');
  }

  /**
   * Ends the daemon that holds this pid file, from any process: SIGTERM to the proved holder of the lock, SIGKILL when the time is over.
   * @param options `timeout` in ms, default `stopTimeout`
   * @returns once the lock is free
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the options
   * @throws {NotRunningError} the lock is free, or no process is proved to hold it; no signal was sent
   * @throws {StopTimeoutError} the lock is still held
   */
  stop(options: StopOptions = {}): Promise<StopResult> {
    return stop(this.#state, options);
  }

  /**
   * Sends a signal to the daemon.
   * @param signal name or number; default SIGTERM. 0 sends nothing
   * @returns `false` when it ended meanwhile
   * @throws {OptionError} `ERR_OPTION_VALUE`: no signal of this system
   * @throws {NotRunningError} no process is proved to be the daemon; no signal was sent
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    return kill(this.#state, signal);
  }

  /**
   * Calls {@link Daemon.stop}, if the daemon runs, and then {@link Daemon.start}. Checks the options before it stops anything.
   * @param options `timeout` of the stop in ms, default `stopTimeout`
   * @throws the errors of the two; a daemon that was stopped and could not be started again stays stopped
   */
  restart(options: StopOptions = {}): Promise<this> {
    return this.#watched(this.#start('restart', options, ['timeout']));
  }

  /**
   * Has the running daemon start its successor: the script as it is on disk now, with the daemon's lock and its sockets. When the successor
   * is ready, the pid file names it. The old daemon's `shutdown` aborts with an AbortError whose code is ERR_UPGRADED; the old daemon
   * drains its connections, and ends. A successor that fails changes nothing. Works from any process of root or the daemon's user, and from
   * within the daemon. The daemon needs a pid file, and the option `listen` or a program target; in the foreground it also needs a service
   * manager that can be told (NOTIFY_SOCKET).
   * @param options `timeout` in ms for the successor's READY, default `startTimeout`
   * @throws {NotRunningError} no process is proved to be the daemon
   * @throws {StartError} the successor's; the old daemon goes on
   * @throws {DaemonError} `ERR_NOT_UPGRADABLE`, `ERR_UPGRADE_UNDER_WAY`, `ERR_UPGRADE_LOST`, `EPERM`
   */
  async upgrade(options: UpgradeOptions = {}): Promise<UpgradeResult> {
    return upgrade(this.#state, options);
  }

  /**
   * In the daemon: emits `reload`. Elsewhere: sends SIGHUP to the daemon.
   * @throws {NotRunningError} no process is proved to be the daemon; no signal was sent
   */
  reload(): void {
    const { side } = this.#state;
    if (side.role === 'launcher') reload(this.#state);
    else side.reload();
  }

  /**
   * In the daemon: does what SIGTERM and SIGINT do. `shutdown` aborts. If the program has a listener on the signal or on `terminate`, or
   * has read `shutdown`, the process has `stopTimeout` ms to end by itself; otherwise it ends at once. Elsewhere: sends SIGTERM to the
   * daemon, and does not wait.
   * @param signal the signal that asks for it, in a `signalMap`'s method
   * @throws {NotRunningError} no process is proved to be the daemon; no signal was sent
   */
  terminate(signal?: NodeJS.Signals): void {
    const { side } = this.#state;
    if (side.role === 'launcher') kill(this.#state, 'SIGTERM');
    else side.termination.ask(signal);
  }

  /**
   * Has a daemon with the option `lease` give the lease to the next, from any process of its host: its `run()` settles as at a stop, the
   * lease is released, and the process ends with exit code 75. Its supervisor starts it again, and it stands by for one `duration` before it tries to
   * lead.
   * @param options `timeout` in ms, default `stopTimeout`
   * @returns once its process has ended
   * @throws {NotRunningError} no process is proved to be the daemon
   * @throws {DaemonError} `ERR_NOT_LEADING`; `ERR_NOT_SUPERVISED`: nothing would start it again; `ERR_STEP_DOWN`: it has not ended in time
   */
  stepDown(options: StopOptions = {}): Promise<StepDownResult> {
    return stepDown(this.#state, options);
  }

  /** Whether the daemon runs. Never throws; a pid is given only when it is proved, so a daemon of another user may run without one. */
  status(): DaemonStatus {
    return status(this.#state);
  }

  /** Whether the daemon runs. Never throws, like {@link Daemon.status}. */
  isAlive(): boolean {
    return isAlive(this.#state);
  }

  /**
   * Waits until the daemon has ended.
   * @param options `timeout` in ms, default for ever
   * @returns `false` when the time is over
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the options
   */
  join(options: { readonly timeout?: number | undefined } = {}): Promise<boolean> {
    return join(this.#state, options);
  }

  /** With `await using`: stops the daemon that this object has started, if it still runs. In the daemon it does nothing. */
  [Symbol.asyncDispose](): Promise<void> {
    return stopStarted(this.#state);
  }

  /** The daemon's pid, once it is known here; `null` before, when its start failed, and while it waits to be started again. */
  get pid(): number | null {
    return pidOf(this.#state);
  }
  /** The daemon's standard output until it was ready, up to 1 MiB. */
  get output(): string {
    return this.#outcome?.output ?? '';
  }
  /** The daemon's standard error until it was ready, up to 1 MiB. */
  get error(): string {
    return this.#outcome?.error ?? '';
  }
  /** Role of this process: `launcher` starts or controls the daemon; `daemon` and `foreground` are the daemon. */
  get role(): Role {
    return this.#state.side.role;
  }
  /**
   * Aborts on SIGTERM, SIGINT or `terminate()`. Reading this property tells Daemonium that `run()` cleans up: the process then has
   * `stopTimeout` ms. If no code reads it, and no listener is set on `terminate` or the signal, SIGTERM ends the process at once.
   */
  get shutdown(): AbortSignal {
    return this.#state.shutdown.signal;
  }
  /**
   * The sockets this daemon listens on: those of socket activation (sd_listen_fds(3)), if LISTEN_PID is this process; else those of the option
   * `listen`, in its order, or of the daemon whose successor this is: `server.listen(daemon.sockets[0] ?? 8080)`.
   */
  get sockets(): readonly { readonly fd: number; readonly name: string }[] {
    const { side } = this.#state;
    const handed = side.role === 'launcher' ? null : side.sockets?.handed;
    return handed?.map(({ fd, name }) => ({ fd, name })) ?? listenSockets();
  }
  /** In a daemon with the option `lease`: the lease, with its fencing token; `null` elsewhere. */
  get lease(): DaemonLease | null {
    const { side } = this.#state;
    return side.role === 'launcher' ? null : (side.leadership?.lease ?? null);
  }
  /**
   * The lock, or `null` without a pid file. Setting it replaces the option `pidFile`.
   * @throws {OptionError} `ERR_OPTION_TYPE` of the option `pidFile`
   */
  get pidFile(): PidLockFile | null {
    this.#pidFile ??= lockOf(this.#state.facts.given.pidFile);
    return this.#pidFile;
  }
  set pidFile(lock: PidLockFile | null) {
    this.#pidFile = lock;
  }

  /** In the foreground the function that a target module exports takes the module's place. */
  get #facts() {
    const { side, facts } = this.#state;
    return side.role === 'launcher' ? facts : side.facts;
  }

  get #outcome() {
    const { side } = this.#state;
    return side.role === 'launcher' ? side.outcome : null;
  }

  /** @throws {DaemonError} this process is no daemon, so the stage has nothing to work on */
  #service(stage: number): Service {
    const { side } = this.#state;
    if (side.role !== 'launcher') return side;
    throw new DaemonError(`Stage ${stage} belongs to a start: call start(), activate() or stage${stage}() itself`, { stage });
  }

  async #start(
    method: StartRequest['method'],
    options: { readonly signal?: AbortSignal | undefined } & StopOptions,
    names: ReadonlyArray<'signal' | 'timeout'>,
  ): Promise<this> {
    this.#state.facts.stages.refuseFields();
    const { signal } = callOptions(method, options, names);
    checkAbortSignal(signal);
    await start(this.#state, { method, signal, before: method === 'restart' ? () => stopForRestart(this.#state, options) : undefined });
    return this;
  }

  #watched(promise: Promise<this>): Promise<this> {
    if (isDaemonProcess) return promise;
    const { given, defaultName } = this.#state.facts;
    return StartPromise.watch(promise, given.name ?? defaultName);
  }

  async #act(method: string, last: number): Promise<void> {
    this.#state.facts.stages.refuseFields();
    await activate(this.#state, method, last);
  }

  static {
    readStateBy((daemon) => (daemon as Daemon<never>).#state);
  }
}

/** Not written in the class: a bundler renames a class that names itself, and `constructor.name` shows in messages. */
function base(): Daemon {
  return Daemon.prototype;
}
