import { fstatSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import type { HandedLock, Writer } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import type { StartLock } from '../launcher/launcher-lock.ts';

/** Events around the one write that makes the successor the daemon. */
interface CommitEvents {
  committing(): void;
  /** From here on lock, pid file and sockets are the successor's. */
  committed(): void;
}

/** The lock on its way to a successor: both have it until the pid file names the other. */
export class SuccessorLock implements StartLock {
  readonly #lock: PidLockFile;
  readonly #name: ((pid: number) => Promise<void>) | null;
  readonly #told: CommitEvents;

  /** @param name has the asker write the pid file, which is root's word; `null`: this process may do it */
  constructor(lock: PidLockFile, name: ((pid: number) => Promise<void>) | null, told: CommitEvents) {
    this.#lock = lock;
    this.#name = name;
    this.#told = told;
  }

  get path(): string {
    return this.#lock.path;
  }

  async take(): Promise<void> {}

  handOver(_writer: Writer): HandedLock {
    return core().lockForHandover(this.#lock, ownsPidFile(this.#lock) ? 'daemon' : 'launcher', true);
  }

  seal(): void {}

  commit(pid: number): Promise<void> | void {
    this.#told.committing();
    if (this.#name !== null) return this.#name(pid).then(() => this.#told.committed());
    core().nameHolder(this.path, pid);
    this.#told.committed();
  }

  names(pid: number): boolean {
    const isNamed = core().namesHolder(core().lockForHandover(this.#lock), pid);
    if (isNamed) this.#told.committed();
    return isNamed;
  }

  giveBack(): void {}

  empty(): void {}

  forget(): void {
    core().forgetLock(this.#lock);
  }
}

/** Whether this process has the user that owns the pid file, and so may write the file: a daemon that has given up root has not. */
export function ownsPidFile(lock: PidLockFile): boolean {
  return fstatSync(core().lockForHandover(lock).fd).uid === process.geteuid?.();
}
