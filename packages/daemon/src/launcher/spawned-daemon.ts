import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import type { EarlyEnd } from '../definition/start-outcome.ts';
import { core } from '../internal/core.ts';
import { Deferred } from '../internal/deferred.ts';
import { within } from '../internal/within.ts';
import { decodeError } from '../protocol/error-codec.ts';
import { type Report, WORD } from '../protocol/messages.ts';
import { CapturedOutput } from './captured-output.ts';
import { sendPayload, sendWord } from './channel.ts';
import { type ExitStatus, exitStatusOf } from './exit-status.ts';
import { killGroup, killRestOfGroup, wakeGroup } from './process-group.ts';
import { readReports, ShellLink } from './shell-link.ts';
import { spawnFailure } from './spawn.ts';
import type { SpawnPlan } from './spawn-plan.ts';

/** How long to wait for the end of a pipe that another process still holds, in ms. Output written before that is not lost. */
const GRACE_MS = 100;
/** A daemon that has reported its error flushes its log and ends by itself; after this it is killed. */
const LAST_WORDS_MS = 5_000;
/** The same for a daemon that knows that its start is undone. */
const CANCELLING_MS = 2_000;

/** Events of a start that is under way. */
export interface SpawnEvents {
  emit(event: 'spawned' | 'stage', number: number): unknown;
  emit(event: 'output' | 'error-output', text: string): unknown;
  /** The pid file is to be written, with the daemon's pid as the kernel tells it. `null`: it does not tell. */
  seal(pid: number | null): void;
}

/** A daemon on its way, as its launcher sees it: its process group, its pipes, and what it reports. */
export class SpawnedDaemon {
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  /** Connection to a shell that stays. */
  readonly #link: ShellLink | null;
  readonly #events: SpawnEvents;
  readonly #wakes: boolean;
  readonly #respawnsAlways: boolean;
  readonly output: CapturedOutput;
  readonly error: CapturedOutput;
  /** The daemon's pid, once the daemon has reported it. This and the next two reject, with a reason that nobody sees, when it has ended. */
  readonly spawned = new Deferred<number>();
  /** READY. */
  readonly ready = new Deferred<void>();
  /** The first turn of `run()` is over; so it is for a daemon that has finished its work, and ended with 0. */
  readonly working = new Deferred<void>();
  /** The process that was spawned has ended, and everything from it has been read. */
  readonly ended: Promise<void>;
  readonly #exited = new Deferred<void>();
  readonly #controlEnd = new Deferred<void>();
  #controlHasEnded = false;
  /** The process that was spawned ended before the release: the shell, which mostly means that the daemon has. */
  #hasExited = false;
  #isKilled = false;
  #isReleased = false;
  /** Exit status of the daemon, as it has reported it itself, and as the shell saw it. */
  #reportedExit: number | null = null;
  #shellStatus: number | null = null;
  pid: number | null = null;
  isReady = false;
  /** The daemon has been told that `run()` may begin. */
  isGoing = false;
  isWorking = false;
  /** The daemon has come to its own start; before, the script runs again. */
  hasBegun = false;
  /** The last stage it finished. */
  stage = 0;
  spawnError: Error | null = null;
  failure: Extract<Report, { type: 'error' }> | null = null;
  #lateFailure: Extract<Report, { type: 'error' }> | null = null;

  constructor(child: ChildProcess, { control, link, respawnsAlways, wakes }: SpawnPlan, events: SpawnEvents) {
    this.#child = child;
    this.#events = events;
    this.#wakes = wakes;
    this.#respawnsAlways = respawnsAlways;
    this.#control = child.stdio[control] as unknown as Duplex;
    this.output = new CapturedOutput(child.stdout as Readable, (text) => events.emit('output', text));
    this.error = new CapturedOutput(child.stderr as Readable, (text) => events.emit('error-output', text));
    child.on('error', (cause) => {
      this.spawnError = spawnFailure(cause);
      this.#exited.resolve();
    });
    child.on('exit', () => this.#exited.resolve());
    const ended = () => {
      this.#controlHasEnded = true;
      this.#controlEnd.resolve();
      this.#tellShell();
    };
    this.#link = link === null ? null : new ShellLink(child.stdio[link] as unknown as Duplex, (report) => this.#hear(report));
    readReports(this.#control, (report) => this.#hear(report));
    this.#control.on('end', ended).on('close', ended).on('error', ended);
    this.ended = this.#exited.promise.then(() => this.#conclude());
  }

  /** Sends the payload. The daemon waits for it before it does anything. */
  send(payload: Uint8Array): void {
    sendPayload(this.#control, payload);
  }

  /** The pid is in the pid file. */
  sealed(): void {
    sendWord(this.#control, WORD.sealed);
  }

  /** `run()` may begin. */
  go(): void {
    this.isGoing = true;
    this.#say(WORD.go);
  }

  /**
   * The start has worked: tells the daemon, which becomes a child of init. Resolves when the shell is reaped: the launcher may exit at
   * once, and the init of a container may not reap zombies.
   * @param lingers goes on listening: see {@link earlyEnd}
   */
  async release(lingers: boolean): Promise<void> {
    this.#isReleased = true;
    const hasShell = this.#hasShell && this.#link === null;
    // The shell before the daemon: if this process is gone before it has released the daemon, the daemon undoes the start, and no shell is left.
    if (hasShell) this.#child.kill('SIGKILL');
    else this.#link?.stay();
    this.#say(WORD.release);
    if (lingers) (this.#control as unknown as { unref(): void }).unref();
    else this.#control.destroy();
    await this.#finishOutput();
    if (hasShell) await this.#exited.promise;
    this.#link?.close();
    this.#child.unref();
  }

  /** Pid of the shell that stays as the daemon's parent; `null`: none does. */
  get supervisor(): number | null {
    return this.#link === null ? null : (this.#child.pid ?? null);
  }

  /** How the daemon ended after its release, once it has. */
  get earlyEnd(): Promise<EarlyEnd> {
    return this.#controlEnd.promise.then(() => ({
      exitCode: this.#reportedExit,
      error: this.#lateFailure === null ? null : decodeError(this.#lateFailure.error),
    }));
  }

  /** Kills the whole start, the children of its stages too, and waits until its process is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    if (this.#isOurs) killGroup(this.#child);
    await this.ended;
  }

  /** There will be no daemon: it has told why, has ended without having been at work, or is being undone. */
  get hasFailed(): boolean {
    const hasToldWhy = this.failure !== null || this.spawnError !== null;
    return hasToldWhy || this.#isKilled || (this.#hasExited && !this.isWorking && !this.#hasFinished);
  }

  /** The daemon itself has ended, and not its shell alone. */
  get hasEnded(): boolean {
    return this.#hasExited && this.#controlHasEnded;
  }

  /** How the daemon's process ended, as the shell and the daemon's own last report tell it. */
  get exitStatus(): ExitStatus {
    const { exitCode, signalCode } = this.#child;
    // A process that was killed from here tells nothing by its status.
    const [status, signal] = this.#isKilled || this.#isReleased ? [null, null] : [exitCode, signalCode];
    return exitStatusOf({ reported: this.#reportedExit, status: this.#shellStatus ?? status, signal });
  }

  /** The daemon's work was done in the first turn of `run()`. */
  get #hasFinished(): boolean {
    return this.isGoing && this.failure === null && this.exitStatus.exitCode === 0;
  }

  /**
   * The daemon has ended before its start was over. If it was at work, it has crashed, or finished work that is to be repeated; before
   * that, its start has failed.
   */
  #tellShell(): void {
    if (this.#respawnsAlways && this.#hasFinished) {
      this.isWorking = true;
      this.working.resolve();
    }
    if (this.isWorking) this.#link?.stay();
    else this.#link?.endStart();
  }

  /** The daemon's pid by the kernel's word: whatever the daemon says of itself, the shell has no other child. */
  #childOfShell(): number | null {
    const { pid } = this.#child;
    if (pid === undefined) return null;
    if (!this.#hasShell) return pid;
    const [daemon, ...others] = core().childProcesses(pid);
    return others.length === 0 ? (daemon ?? null) : null;
  }

  get #hasShell(): boolean {
    return this.#child.spawnfile !== process.execPath;
  }

  /** Our own child, not yet reaped: until then its number cannot become another process's, or another group's. */
  get #isOurs(): boolean {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null;
  }

  #say(word: (typeof WORD)['go' | 'release']): void {
    sendWord(this.#control, word);
    if (this.#wakes && this.#isOurs) wakeGroup(this.#child);
  }

  #hear(report: Report): void {
    switch (report.type) {
      case 'pid':
        // The first comes before any right is given up; a daemon that is broken into later cannot name another process.
        if (this.pid !== null) return;
        this.pid = report.pid;
        this.#events.emit('spawned', report.pid);
        this.spawned.resolve(report.pid);
        return;
      case 'begin':
        this.hasBegun = true;
        return;
      case 'stage':
        this.stage = report.stage;
        this.#events.emit('stage', report.stage);
        return;
      case 'seal':
        // When the shell is gone, its number may be another process's.
        if (this.#isOurs && !this.#isReleased) this.#events.seal(this.#childOfShell());
        return;
      case 'output':
        (report.fd === 1 ? this.output : this.error).add(String(report.text));
        return;
      case 'ready':
        this.isReady = true;
        // A reader to the end gets there, although a child of a stage may hold the pipes.
        void this.#finishOutput();
        this.ready.resolve();
        return;
      case 'working':
        this.isWorking = true;
        this.working.resolve();
        return;
      case 'error':
        this.#hearFailure(report);
        return;
      case 'exit':
        this.#reportedExit = report.code;
        return;
      case 'shell':
        this.#shellStatus = report.status;
    }
  }

  /** Once it is at work its errors are the log's, and no longer the start's. */
  #hearFailure(report: Extract<Report, { type: 'error' }>): void {
    if (this.isWorking || this.#isReleased) {
      this.#lateFailure ??= report;
      return;
    }
    this.failure ??= report;
    setTimeout(() => void (this.#isReleased || this.kill()), LAST_WORDS_MS).unref();
  }

  /** Both pipes have ended, or nothing more of them is waited for. */
  async #finishOutput(): Promise<void> {
    const pipes = [this.output, this.error];
    await Promise.all(pipes.map((pipe) => pipe.finish(GRACE_MS)));
    for (const pipe of pipes) pipe.destroy();
  }

  async #conclude(): Promise<void> {
    if (this.#isReleased) return;
    this.#hasExited = true;
    // The shell has sent that, if there was one.
    if (!this.#hasShell) await killRestOfGroup(this.#child);
    // The daemon may have sent a message right before its end: it may still be in the socket.
    await within(GRACE_MS, Promise.all([this.#controlEnd.promise, this.#link?.ended]));
    // The daemon was at work by then, and needs no shell any more.
    if (this.#isReleased) return;
    if (!this.#controlHasEnded) await this.#cancel();
    // The lock is free only when the killed processes are gone.
    await killRestOfGroup(this.#child);
    this.#control.destroy();
    this.#link?.close();
    await this.#finishOutput();
    const gone = new Error('gone');
    this.spawned.reject(gone);
    this.ready.reject(gone);
    if (this.#hasFinished) this.working.resolve();
    else this.working.reject(gone);
  }

  /** The shell is gone and the daemon is not: another process has ended the shell. */
  #cancel(): Promise<void> {
    this.#isKilled = true;
    this.#control.end(WORD.cancel);
    return within(CANCELLING_MS, this.#controlEnd.promise);
  }
}
