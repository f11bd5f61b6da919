import type { PidLockFile } from '@daemonium/core';
import { expectDaemon } from '@daemonium/core/start';
import { activate, ready, type StartRequest, start } from './begin.ts';
import { type Context, lockReady, type Role } from './context.ts';
import { isAlive, join, kill, reload, status } from './control/control.ts';
import type { DaemonStatus } from './control/status.ts';
import { type StopOptions, type StopResult, stop, stopIfRunning } from './control/stop.ts';
import { createContext, refuseFieldOverrides, wrapStages } from './daemon-context.ts';
import type { DaemonEvents } from './daemon-events.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { isDaemonProcess } from './daemonized/arrival.ts';
import { DaemonError } from './errors.ts';
import { exitLauncher, printReport } from './launcher/report.ts';
import { shutdownSignal, terminate } from './lifetime/shutdown.ts';
import { socketsOf } from './lifetime/sockets.ts';
import type { GivenOptions } from './options/given-options.ts';
import { lockOf } from './options/pid-file.ts';
import { stage1Detach } from './stage1-detach.ts';
import { stage2CoreDumps } from './stages/stage2-core-dumps.ts';
import { stage3Credentials } from './stages/stage3-credentials.ts';
import { stage4Umask } from './stages/stage4-umask.ts';
import { stage5WorkingDirectory } from './stages/stage5-working-directory.ts';
import { stage6PidFile } from './stages/stage6-pid-file.ts';
import { stage7Signals } from './stages/stage7-signals.ts';
import { stage8InheritedFiles } from './stages/stage8-inherited-files.ts';
import { stage9StandardStreams } from './stages/stage9-standard-streams.ts';
import { StartPromise } from './start-promise.ts';
import type { Startup } from './startup.ts';
import { EventEmitter } from './wire/event-emitter.ts';

/**
 * A daemon, in the manner of a thread: override {@link Daemon.run} or pass a `target`, and call {@link Daemon.start}.
 *
 * The process that calls `start()` is the launcher. The daemon is a fresh process that runs the same script again, up to the same call,
 * and goes on from there; with a module as its target it runs that alone. Data crosses; code is evaluated again.
 */
export class Daemon<Args extends unknown[] = unknown[]> extends EventEmitter<DaemonEvents> {
  readonly #made: Context;
  #pidFile: PidLockFile | null | undefined;

  /** Checks nothing yet: what is wrong with the options is told by {@link Daemon.start}, before anything is spawned or created. */
  constructor(options: DaemonOptions<Args> = {}) {
    super();
    this.#made = createContext(this, options as GivenOptions, base());
    // Now, because what somebody is just importing cannot be had at once.
    void lockReady(this.#made)?.catch(() => {});
    wrapStages(this, (stage) => this.#act(`stage${stage}`, stage));
    // A launcher's log files are not reopened at SIGHUP, which is the terminal going away.
    expectDaemon();
  }

  /** The daemon's work. Override it, or pass a `target`. Called once, in the daemon, with `args` and then `kwargs`. */
  run(...args: Args): unknown {
    const { target } = this.#context.given;
    if (typeof target === 'function') return target.apply(this, args);
    throw new DaemonError('There is nothing to run: pass a target, or override run()', { code: 'ERR_NOTHING_TO_RUN' });
  }

  /**
   * Starts the daemon. In the launcher it resolves when the daemon is ready. In the daemon and in the foreground it never settles, except
   * that in the foreground errors of options, lock and stages reject: what comes after `await daemon.start()` is the launcher's.
   * @param options `signal` undoes the start
   * @throws {OptionError} before anything is spawned or created
   * @throws {AlreadyLockedError} another process holds the pid file; nothing was spawned
   * @throws {StartError} the daemon failed before it was ready; nothing is left of it
   * @throws {StartTimeoutError} it was not ready within `startTimeout`
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<this> {
    return this.#watched(this.#start('start', options.signal, undefined));
  }

  /**
   * Becomes the daemon: resolves in the daemon, when all stages are done. The launcher prints what the daemon wrote, and exits: 0 when it
   * is ready, 1 when it failed. In the foreground it runs the stages and returns, unless a module is the target, which is then run.
   * @throws {OptionError} before anything is spawned or created
   * @throws {AlreadyLockedError} another process holds the pid file; nothing was spawned
   */
  activate(): Promise<void> {
    return this.#act('activate', 9);
  }

  /** Follows a start until READY; override it to show progress. When it throws, the start is undone and rejects with that error. */
  async monitor(startup: Startup): Promise<void> {
    await startup.done;
  }

  /** Prints what the daemon wrote and why it failed, and exits. Called in the launcher by {@link Daemon.activate} and by single stages. */
  report(): never {
    const { output, error, failure } = this.#context;
    printReport(output, error, failure);
    return exitLauncher(failure);
  }

  /** With `waitForReady`: the service can be used from now on. */
  ready(): void {
    void ready(this.#context);
  }

  /** Detach: spawn the daemon (launcher); take over lock and descriptors (daemon). */
  stage1(): void | Promise<void> {
    return stage1Detach(this.#context);
  }
  /** Core dumps: none, unless `preventCore` is false. */
  stage2(): void | Promise<void> {
    return stage2CoreDumps(this.#context);
  }
  /** Credentials: new root directory, groups, user; verified. */
  stage3(): void | Promise<void> {
    return stage3Credentials(this.#context);
  }
  /** Umask. */
  stage4(): void | Promise<void> {
    return stage4Umask(this.#context);
  }
  /** Working directory. */
  stage5(): void | Promise<void> {
    return stage5WorkingDirectory(this.#context);
  }
  /** Pid file: sealed with the daemon's pid. */
  stage6(): void | Promise<void> {
    return stage6PidFile(this.#context);
  }
  /** Signals get their meaning. */
  stage7(): void | Promise<void> {
    return stage7Signals(this.#context);
  }
  /** Inherited files: what was not asked for is closed. */
  stage8(): void | Promise<void> {
    return stage8InheritedFiles(this.#context);
  }
  /** Standard streams: what the options say, or /dev/null. */
  stage9(): void | Promise<void> {
    return stage9StandardStreams(this.#context);
  }

  /**
   * Ends the daemon whose pid file this is, from any process: SIGTERM to the proved holder of the lock, SIGKILL when the time is over.
   * @param options `timeout` in ms, default `stopTimeout`
   * @returns once the lock is free
   * @throws {NotRunningError} nobody holds the lock, or nobody is proved to; nobody was signalled
   * @throws {StopTimeoutError} the lock is still held
   */
  stop(options: StopOptions = {}): Promise<StopResult> {
    return stop(this.#context, options);
  }

  /**
   * Sends a signal to the daemon.
   * @param signal default SIGTERM
   * @returns `false` when it ended meanwhile
   * @throws {NotRunningError} nobody is proved to be the daemon; nobody was signalled
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    return kill(this.#context, signal);
  }

  /**
   * {@link Daemon.stop}, if it runs, and then {@link Daemon.start}. Options are checked before anything is stopped.
   * @param options `timeout` of the stop in ms, default `stopTimeout`
   * @throws what the two throw; a daemon that was stopped and could not be started again stays stopped
   */
  restart(options: StopOptions = {}): Promise<this> {
    return this.#watched(this.#start('restart', undefined, () => stopIfRunning(this.#context, options)));
  }

  /**
   * In the daemon: emits `reload`. Elsewhere: sends SIGHUP to the daemon.
   * @throws {NotRunningError} nobody is proved to be the daemon; nobody was signalled
   */
  reload(): void {
    reload(this.#context);
  }

  /**
   * In the daemon, what SIGTERM and SIGINT mean: `shutdown` aborts, and {@link Daemon.run} has `stopTimeout` to end. Elsewhere: sends SIGTERM
   * to the daemon, and does not wait.
   * @throws {NotRunningError} nobody is proved to be the daemon; nobody was signalled
   */
  terminate(): void {
    if (this.#context.role === 'launcher') kill(this.#context, 'SIGTERM');
    else terminate(this.#context);
  }

  /** Whether the daemon runs. Never throws; a pid is given only when it is proved, so a daemon of another user may run without one. */
  status(): DaemonStatus {
    return status(this.#context);
  }

  /** Whether the daemon runs. */
  isAlive(): boolean {
    return isAlive(this.#context);
  }

  /** Waits until the daemon has ended. @param options `timeout` in ms, default for ever. @returns `false` when the time is over */
  join(options: { readonly timeout?: number } = {}): Promise<boolean> {
    return join(this.#context, options);
  }

  /** The daemon's pid, once it is known here; `null` before, and when its start failed. */
  get pid(): number | null {
    return this.#context.pid;
  }
  /** What the daemon wrote to standard output until it was ready, up to 1 MiB. */
  get output(): string {
    return this.#context.output;
  }
  /** What the daemon wrote to standard error until it was ready, up to 1 MiB. */
  get error(): string {
    return this.#context.error;
  }
  /** What this process is to the daemon. */
  get role(): Role {
    return this.#context.role;
  }
  /** Aborts when termination is asked for. To have read it is to have asked for `stopTimeout` ms to end in. */
  get shutdown(): AbortSignal {
    return shutdownSignal(this.#context);
  }
  /** The sockets of socket activation (sd_listen_fds(3)); empty unless LISTEN_PID is this process. */
  get sockets(): readonly { readonly fd: number; readonly name: string }[] {
    return socketsOf(this.#context);
  }
  /** The lock, or `null` without a pid file. */
  get pidFile(): PidLockFile | null {
    this.#pidFile ??= lockOf(this.#context.given.pidFile);
    return this.#pidFile;
  }
  set pidFile(lock: PidLockFile | null) {
    this.#pidFile = lock;
  }

  get #context(): Context {
    return this.#made.standIn ?? this.#made;
  }

  async #start(method: StartRequest['method'], signal: AbortSignal | undefined, before: StartRequest['before']): Promise<this> {
    refuseFieldOverrides(this);
    await start(this.#context, { method, signal, before });
    return this;
  }

  #watched(promise: Promise<this>): Promise<this> {
    if (isDaemonProcess) return promise;
    return StartPromise.watch(promise, this.#context.given.name ?? this.#context.defaultName);
  }

  async #act(method: string, last: number): Promise<void> {
    refuseFieldOverrides(this);
    await activate(this.#context, method, last);
  }
}

/** Not written in the class: a bundler renames a class that names itself, and `constructor.name` shows in messages. */
function base(): Daemon {
  return Daemon.prototype;
}
