import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { Deferred } from '../wire/deferred.ts';
import { CANCEL, type Report, ReportReader } from '../wire/report.ts';
import { within } from '../wire/within.ts';
import type { AttemptEvents } from './attempt-events.ts';
import { Collector } from './collector.ts';
import { acknowledge, sendPayload } from './control-socket.ts';
import type { Crossing } from './crossing.ts';
import { type Ending, endingOf } from './ending.ts';
import { killGroup } from './kill-group.ts';
import { spawnFailure } from './spawn.ts';
import { diesAtOnce, wake } from './wake.ts';

/** How long pipes and process may take to end when somebody else still holds them. Nothing depends on it that was written before. */
const GRACE = 100;
/** A daemon that has reported its error flushes its log and ends by itself; after this it is ended. */
const LAST_WORDS = 5_000;
/** The same for a daemon that has been told that its start does not count. */
const UNDOING = 2_000;

/** One daemon on its way, as the launcher sees it: its process group, its pipes, and what it reports. */
export class Attempt {
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #events: AttemptEvents;
  readonly #wakes: boolean;
  readonly #keepsPipes: boolean;
  readonly output: Collector;
  readonly error: Collector;
  readonly #ready = new Deferred<void>();
  readonly #spawned = new Deferred<number>();
  readonly #gone = new Deferred<void>();
  readonly #controlEnd = new Deferred<void>();
  #pid: number | null = null;
  #exit: number | null = null;
  #shell: number | null = null;
  #spawnError: Error | null = null;
  #controlEnded = false;
  #killed = false;
  /** The shell, or the daemon without one, was ended from here: how it ended says nothing. */
  #ended = false;
  #finished: Promise<unknown> | null = null;
  isReady = false;
  /** The daemon has come to its own start; before, the script runs again. */
  begun = false;
  /** The last stage it finished. */
  stage = 0;
  failure: Extract<Report, { type: 'error' }> | null = null;

  constructor(child: ChildProcess, crossing: Crossing, events: AttemptEvents) {
    this.#child = child;
    this.#events = events;
    this.#wakes = crossing.wakes;
    this.#keepsPipes = crossing.keepsPipes;
    this.#control = child.stdio[crossing.control] as unknown as Duplex;
    this.output = new Collector(child.stdout as Readable, (text) => events.output(text));
    this.error = new Collector(child.stderr as Readable, (text) => events.errorOutput(text));
    child.on('error', (cause) => {
      this.#spawnError = spawnFailure(cause);
      this.#gone.resolve();
    });
    child.on('exit', () => this.#gone.resolve());
    const reader = new ReportReader();
    const ended = () => {
      this.#controlEnded = true;
      this.#controlEnd.resolve();
    };
    this.#control.on('data', (chunk: Buffer) => {
      for (const report of reader.read(chunk)) this.#heard(report);
    });
    this.#control.on('end', ended).on('close', ended).on('error', ended);
    void this.#gone.promise.then(() => this.#conclude());
  }

  /** Hands over what the daemon waits for, before it does anything. */
  send(payload: Uint8Array): void {
    sendPayload(this.#control, payload);
  }

  /** The daemon's pid, once it has come so far as to tell it. Rejects, without a reason worth showing, when it ended before. */
  get spawned(): Promise<number> {
    return this.#spawned.promise;
  }

  /** READY. Rejects when the daemon ended without it. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get pid(): number | null {
    return this.#pid;
  }

  get spawnError(): Error | null {
    return this.#spawnError;
  }

  /** It has told why it ends. */
  get hasFailed(): boolean {
    return this.failure !== null || this.#spawnError !== null;
  }

  /** Its process's end, as the shell and the daemon's own last report tell it. */
  get ending(): Ending {
    const { exitCode, signalCode } = this.#child;
    const status = this.#shell ?? (this.#ended ? null : exitCode);
    return endingOf({ reported: this.#exit, status, signal: this.#ended ? null : signalCode });
  }

  /**
   * Ends the shell, which makes the daemon init's child, and then tells the daemon that the start has worked.
   * @param acknowledging called when there is no way back any more
   * @returns `false` when the daemon was gone before
   */
  async release(acknowledging: () => void): Promise<boolean> {
    const hasShell = this.#child.spawnfile !== process.execPath;
    if (hasShell) await this.#endShell();
    this.#ended = true;
    if (!this.#isDrained) await this.#finish();
    if (this.#controlEnded || this.#killed) return false;
    acknowledging();
    const written = acknowledge(this.#control);
    if (this.#wakes) wake(this.#child);
    for (const stream of [this.#control, this.output, this.error]) stream.destroy();
    // The shell is reaped here: the launcher may exit at once, and what is init in a container may not care for zombies.
    if (hasShell) await this.#gone.promise;
    this.#child.unref();
    return written;
  }

  get #isDrained(): boolean {
    return this.output.hasEnded && this.error.hasEnded;
  }

  #readAhead(): void {
    this.output.readAhead();
    this.error.readAhead();
  }

  /** Both pipes have ended, or nothing more of them is waited for. */
  #finish(): Promise<unknown> {
    this.#finished ??= Promise.all([this.output.finish(GRACE), this.error.finish(GRACE)]);
    return this.#finished;
  }

  /** Without a turn of the event loop, where that can be: reaped, the shell would leave its group's number to anybody. */
  async #endShell(): Promise<void> {
    const endsHere = this.#keepsPipes || this.#isDrained;
    if (!this.#ended) this.#killShell();
    if (this.#wakes && endsHere && diesAtOnce(this.#child)) return this.#readAhead();
    await this.#gone.promise;
  }

  /** After this it leads its group only until it is reaped. */
  #killShell(): void {
    this.#ended = true;
    this.#child.kill('SIGKILL');
  }

  /** Kills the whole start, the children of its stages too, and waits until its process is gone. */
  async kill(): Promise<void> {
    this.#killed = true;
    const { exitCode, signalCode } = this.#child;
    // Our own child, not yet reaped: until then the number cannot have become another group's.
    if (exitCode === null && signalCode === null) killGroup(this.#child);
    await this.gone();
  }

  /** Resolves when the process has ended and all it said has been read. */
  async gone(): Promise<void> {
    await this.#gone.promise;
    await within(GRACE, this.#controlEnd.promise);
    if (!this.#controlEnded) await this.#undoLonely();
    this.#control.destroy();
    await this.#finish();
    for (const pipe of [this.output, this.error]) pipe.destroy();
  }

  /** The shell is gone and the daemon is not: somebody else has ended the shell, or the daemon was about to be let go. */
  async #undoLonely(): Promise<void> {
    this.#ended = true;
    this.#control.end(CANCEL);
    await within(UNDOING, this.#controlEnd.promise);
    // As long as the daemon lives, its group's number is nobody else's.
    if (!this.#controlEnded) killGroup(this.#child);
  }

  async #conclude(): Promise<void> {
    // What was sent before the end may still be on its way through the socket.
    if (!this.isReady) await this.gone();
    if (this.isReady) return;
    this.#spawned.reject(new Error('gone'));
    this.#ready.reject(new Error('gone'));
  }

  #heard(report: Report): void {
    switch (report.type) {
      case 'pid':
        this.#pid = report.pid;
        this.#events.spawned(report.pid);
        this.#spawned.resolve(report.pid);
        return;
      case 'begin':
        this.begun = true;
        return;
      case 'stage':
        this.stage = report.stage;
        this.#events.stage(report.stage);
        return;
      case 'ready':
        this.isReady = true;
        this.#readAhead();
        // Nobody reads along and could still object, so it may die while the promises settle.
        if (this.#keepsPipes) this.#killShell();
        // Who reads to the end gets there, although a child of a stage may hold the pipes.
        else void this.#finish();
        this.#ready.resolve();
        return;
      case 'error':
        this.failure ??= report;
        setTimeout(() => void this.kill(), LAST_WORDS).unref();
        return;
      case 'exit':
        this.#exit = report.code;
        return;
      case 'shell':
        this.#shell = report.status;
    }
  }
}
