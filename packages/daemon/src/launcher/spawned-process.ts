import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { core } from '../internal/core.ts';
import { Deferred } from '../internal/deferred.ts';
import { killGroup, killRestOfGroup, wakeGroup } from './process-group.ts';
import { spawnFailure } from './spawn.ts';

/** The process that a start has spawned: a shell with the daemon as its only child, or the daemon itself. It leads a process group of its own. */
export class SpawnedProcess {
  readonly #child: ChildProcess;
  readonly #exited = new Deferred<void>();
  /** Why there is no such process. */
  spawnError: Error | null = null;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('error', (cause) => {
      this.spawnError = spawnFailure(cause);
      this.#exited.resolve();
    });
    child.on('exit', () => this.#exited.resolve());
  }

  /** The process has ended and is reaped. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get isShell(): boolean {
    return this.#child.spawnfile !== process.execPath;
  }

  /** Our own child, not yet reaped: until then its number cannot become another process's, or another group's. */
  get isOurs(): boolean {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null;
  }

  /** How it ended, once it has. */
  get end(): { readonly status: number | null; readonly signal: NodeJS.Signals | null } {
    return { status: this.#child.exitCode, signal: this.#child.signalCode };
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  get stderr(): Readable {
    return this.#child.stderr as Readable;
  }

  /** This process's end of the socket that has the number `fd` in the spawned one. */
  socket(fd: number): Duplex {
    return this.#child.stdio[fd] as unknown as Duplex;
  }

  /** The daemon's pid by the kernel's word, whatever the daemon says of itself. `null`: the shell has no child, or several. */
  daemonPid(): number | null {
    const { pid } = this;
    if (pid === null || !this.isShell) return pid;
    const [daemon, ...others] = core().childProcesses(pid);
    return others.length === 0 ? (daemon ?? null) : null;
  }

  wakeGroup(): void {
    if (this.isOurs) wakeGroup(this.#child);
  }

  killGroup(): void {
    if (this.isOurs) killGroup(this.#child);
  }

  /** Kills what the process has left in its group, and waits for the end of it. Call it once the process is reaped. */
  killRestOfGroup(): Promise<void> {
    return killRestOfGroup(this.#child);
  }

  /** Ends the shell alone: the daemon becomes a child of init. */
  killShell(): void {
    this.#child.kill('SIGKILL');
  }

  unref(): void {
    this.#child.unref();
  }
}
