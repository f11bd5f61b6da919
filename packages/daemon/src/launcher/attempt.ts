import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { DaemonError } from '../errors.ts';
import { Deferred } from '../wire/deferred.ts';
import { ACK, type Report, ReportReader } from '../wire/report.ts';
import { Collector } from './collector.ts';
import type { Crossing } from './stage1-detach.ts';

/** How the daemon's process ended, as far as anybody could tell. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface AttemptEvents {
  spawned(pid: number): void;
  stage(stage: number): void;
  output(text: string): void;
  errorOutput(text: string): void;
}

/** How long pipes and process may take to end when somebody else still holds them. Nothing depends on it that was written before. */
const GRACE = 100;
/** A daemon that has reported its error flushes its log and ends by itself; after this it is ended. */
const LAST_WORDS = 5_000;

/** One daemon on its way, as the launcher sees it: its process group, its pipes, and what it reports. */
export class Attempt {
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #events: AttemptEvents;
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
  isReady = false;
  /** The daemon has come to its own start; before, the script runs again. */
  begun = false;
  /** The last stage it finished. */
  stage = 0;
  failure: Extract<Report, { type: 'error' }> | null = null;

  constructor(child: ChildProcess, crossing: Crossing, events: AttemptEvents) {
    this.#child = child;
    this.#events = events;
    this.#control = child.stdio[crossing.control] as unknown as Duplex;
    this.output = new Collector(child.stdout as Readable, (text) => events.output(text));
    this.error = new Collector(child.stderr as Readable, (text) => events.errorOutput(text));
    child.on('error', (cause) => {
      this.#spawnError = new DaemonError(`Cannot start the daemon's process: ${cause.message}`, { code: 'ERR_SPAWN', stage: 1, cause });
      this.#gone.resolve();
    });
    child.on('exit', () => this.#gone.resolve());
    const reader = new ReportReader();
    const ended = () => {
      this.#controlEnded = true;
      this.#controlEnd.resolve();
    };
    this.#control.on('data', (chunk: Uint8Array) => {
      for (const report of reader.read(chunk)) this.#heard(report);
    });
    this.#control.on('end', ended).on('close', ended).on('error', ended);
    this.#control.write(crossing.payload);
    for (const fd of crossing.temporary) closeSync(fd);
    void this.#gone.promise.then(() => this.#conclude());
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

  /** An `exit` report is the daemon's own; otherwise the shell's status tells, where 128 + n stands for a signal. */
  get ending(): Ending {
    const own = { exitCode: this.#child.exitCode, signal: this.#child.signalCode };
    if (this.#exit !== null) return { exitCode: this.#exit, signal: null };
    const status = this.#shell ?? (own.signal === null ? own.exitCode : null);
    if (status === null) return own;
    const signal = status > 128 ? signalOf(status - 128) : null;
    return signal === null ? { exitCode: status, signal: null } : { exitCode: null, signal };
  }

  /** Ends the shell, which makes the daemon init's child, and then tells the daemon that the start has worked. */
  async release(): Promise<boolean> {
    const unlinked = this.#child.spawnfile !== process.execPath;
    if (unlinked) {
      this.#child.kill('SIGKILL');
      await this.#gone.promise;
    }
    await Promise.all([this.output.finish(GRACE), this.error.finish(GRACE)]);
    if (this.#controlEnded) return false;
    const written = await new Promise<boolean>((resolve) => {
      this.#control.once('error', () => resolve(false));
      this.#control.end(ACK, () => resolve(true));
    });
    this.#control.destroy();
    this.#child.unref();
    return written;
  }

  /** Kills the whole start, the children of its stages too, and waits until its process is gone. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    // Our own child, not yet reaped: until then the number cannot have become another group's.
    if (pid !== undefined && pid > 1 && exitCode === null && signalCode === null) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        this.#child.kill('SIGKILL');
      }
    }
    await this.gone();
  }

  /** Resolves when the process has ended and all it said has been read. */
  async gone(): Promise<void> {
    await this.#gone.promise;
    await Promise.race([this.#controlEnd.promise, new Promise((resolve) => setTimeout(resolve, GRACE).unref())]);
    this.#control.destroy();
    await Promise.all([this.output.finish(GRACE), this.error.finish(GRACE)]);
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

function signalOf(number: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? null : (found[0] as NodeJS.Signals);
}
