import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { EarlyEnd } from '../definition/start-outcome.ts';
import { Deferred } from '../internal/deferred.ts';
import { within } from '../internal/within.ts';
import { decodeError } from '../protocol/error-codec.ts';
import { type Report, WORD } from '../protocol/messages.ts';
import { CapturedOutput } from './captured-output.ts';
import { sendPayload, sendWord } from './channel.ts';
import { type ExitStatus, exitStatusOf } from './exit-status.ts';
import { readReports, ShellLink } from './shell-link.ts';
import type { SpawnPlan } from './spawn-plan.ts';
import { SpawnedProcess } from './spawned-process.ts';
import { StartProgress } from './start-progress.ts';

/** How long to wait for the end of a pipe that another process still holds, in ms. Output written before that is not lost. */
const GRACE_MS = 100;
/** A daemon that has reported its error, or its exit, flushes its log and ends by itself, in so long. After an error it is then killed. */
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

type Failure = Extract<Report, { type: 'error' }>;

/** A daemon on its way, as its launcher sees it: its process, its pipes, and how far it has come. */
export class SpawnedDaemon {
  readonly #process: SpawnedProcess;
  readonly #control: Duplex;
  /** Connection to a shell that stays. */
  readonly #link: ShellLink | null;
  readonly #events: SpawnEvents;
  readonly #wakes: boolean;
  readonly #respawnsAlways: boolean;
  readonly output: CapturedOutput;
  readonly error: CapturedOutput;
  readonly progress: StartProgress;
  /** The process that was spawned has ended, and everything from it has been read. */
  readonly ended: Promise<void>;
  readonly #controlEnd = new Deferred<void>();
  #controlHasEnded = false;
  /** The process that was spawned ended before the release: the shell, which mostly means that the daemon has. */
  #hasExited = false;
  #isKilled = false;
  #isReleased = false;
  /** The daemon has been told that `run()` may begin. */
  isGoing = false;
  failure: Failure | null = null;
  #lateFailure: Failure | null = null;

  constructor(child: ChildProcess, { control, link, respawnsAlways, wakes }: SpawnPlan, events: SpawnEvents) {
    this.#process = new SpawnedProcess(child);
    this.progress = new StartProgress(events);
    this.#events = events;
    this.#wakes = wakes;
    this.#respawnsAlways = respawnsAlways;
    this.#control = this.#process.socket(control);
    this.output = new CapturedOutput(this.#process.stdout, (text) => events.emit('output', text));
    this.error = new CapturedOutput(this.#process.stderr, (text) => events.emit('error-output', text));
    const ended = () => {
      this.#controlHasEnded = true;
      this.#controlEnd.resolve();
      this.#tellShell();
    };
    this.#link = link === null ? null : new ShellLink(this.#process.socket(link), (report) => this.#hear(report));
    readReports(this.#control, (report) => this.#hear(report));
    this.#control.on('end', ended).on('close', ended).on('error', ended);
    this.ended = this.#process.exited.then(() => this.#conclude());
  }

  /** Sends the payload. The daemon waits for it before it does anything. */
  send(payload: Uint8Array): void {
    sendPayload(this.#control, payload);
  }

  /** The pid is in the pid file. */
  sealed(): void {
    sendWord(this.#control, WORD.sealed);
  }

  /**
   * Begins `run()`, and waits until its first turn is over, or has taken `limit` ms. Rejects when the daemon has ended instead, and has not done
   * its work.
   */
  async firstTurn(limit: number): Promise<void> {
    this.isGoing = true;
    this.#say(WORD.go);
    const { progress } = this;
    await within(limit, progress.working.promise);
    // It ends in that turn, and has left its files to this process.
    if (progress.exitCode !== null && !progress.isWorking) await within(LAST_WORDS_MS, progress.working.promise);
  }

  /**
   * The start has worked: tells the daemon, which becomes a child of init. Resolves when the shell is reaped: the launcher may exit at
   * once, and the init of a container may not reap zombies.
   * @param lingers goes on listening: see {@link earlyEnd}
   */
  async release(lingers: boolean): Promise<void> {
    this.#isReleased = true;
    const hasShell = this.#process.isShell && this.#link === null;
    // The shell before the daemon: if this process is gone before it has released the daemon, the daemon undoes the start, and no shell is left.
    if (hasShell) this.#process.killShell();
    else this.#link?.stay();
    this.#say(WORD.release);
    if (lingers) (this.#control as unknown as { unref(): void }).unref();
    else this.#control.destroy();
    await this.#finishOutput();
    if (hasShell) await this.#process.exited;
    this.#link?.close();
    this.#process.unref();
  }

  /** Pid of the shell that stays as the daemon's parent; `null`: none does. */
  get supervisor(): number | null {
    return this.#link === null ? null : this.#process.pid;
  }

  /** How the daemon ended after its release, once it has. */
  get earlyEnd(): Promise<EarlyEnd> {
    return this.#controlEnd.promise.then(() => ({
      exitCode: this.progress.exitCode,
      error: this.#lateFailure === null ? null : decodeError(this.#lateFailure.error),
    }));
  }

  /** Kills the whole start, the children of its stages too, and waits until its process is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#process.killGroup();
    await this.ended;
  }

  /** Why no process was spawned. */
  get spawnError(): Error | null {
    return this.#process.spawnError;
  }

  /** There will be no daemon: it has told why, has ended without having been at work, or is being undone. */
  get hasFailed(): boolean {
    const hasToldWhy = this.failure !== null || this.spawnError !== null;
    return hasToldWhy || this.#isKilled || (this.#hasExited && !this.progress.isWorking && !this.#hasFinished);
  }

  /** The daemon itself has ended, and not its shell alone. */
  get hasEnded(): boolean {
    return this.#hasExited && this.#controlHasEnded;
  }

  /** How the daemon's process ended, as the shell and the daemon's own last report tell it. */
  get exitStatus(): ExitStatus {
    const { exitCode, shellStatus } = this.progress;
    // A process that was killed from here tells nothing by its status.
    const { status, signal } = this.#isKilled || this.#isReleased ? { status: null, signal: null } : this.#process.end;
    return exitStatusOf({ reported: exitCode, status: shellStatus ?? status, signal });
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
    if (this.#respawnsAlways && this.#hasFinished) this.progress.take({ type: 'working' });
    if (this.progress.isWorking) this.#link?.stay();
    else this.#link?.endStart();
  }

  #say(word: (typeof WORD)['go' | 'release']): void {
    sendWord(this.#control, word);
    if (this.#wakes) this.#process.wakeGroup();
  }

  #hear(report: Report): void {
    this.progress.take(report);
    switch (report.type) {
      case 'seal':
        // When the shell is gone, its number may be another process's.
        if (this.#process.isOurs && !this.#isReleased) this.#events.seal(this.#process.daemonPid());
        return;
      case 'output':
        (report.fd === 1 ? this.output : this.error).add(String(report.text));
        return;
      case 'ready':
        // A reader to the end gets there, although a child of a stage may hold the pipes.
        void this.#finishOutput();
        return;
      case 'error':
        this.#hearFailure(report);
    }
  }

  /** Once it is at work its errors are the log's, and no longer the start's. */
  #hearFailure(report: Failure): void {
    if (this.progress.isWorking || this.#isReleased) {
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
    if (!this.#process.isShell) await this.#process.killRestOfGroup();
    // The daemon may have sent a message right before its end: it may still be in the socket.
    await within(GRACE_MS, Promise.all([this.#controlEnd.promise, this.#link?.ended]));
    // The daemon was at work by then, and needs no shell any more.
    if (this.#isReleased) return;
    if (!this.#controlHasEnded) await this.#cancel();
    // The lock is free only when the killed processes are gone.
    await this.#process.killRestOfGroup();
    this.#control.destroy();
    this.#link?.close();
    await this.#finishOutput();
    this.progress.end(this.#hasFinished);
  }

  /** The shell is gone and the daemon is not: another process has ended the shell. */
  #cancel(): Promise<void> {
    this.#isKilled = true;
    this.#control.end(WORD.cancel);
    return within(CANCELLING_MS, this.#controlEnd.promise);
  }
}
