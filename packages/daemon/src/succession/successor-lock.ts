import { fstatSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import type { HandedLock, Writer } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import type { StartLock } from '../launcher/launcher-lock.ts';

/** The lock on its way to a successor: both have it until the pid file names the other. */
export class SuccessorLock implements StartLock {
  readonly #lock: PidLockFile;
  readonly #name: ((pid: number) => Promise<void>) | null;
  readonly #onCommit: () => void;

  /**
   * @param name has the asker write the pid file, which is root's word; `null`: this process may do it
   * @param onCommit called right before that
   */
  constructor(lock: PidLockFile, name: ((pid: number) => Promise<void>) | null, onCommit: () => void) {
    this.#lock = lock;
    this.#name = name;
    this.#onCommit = onCommit;
  }

  get path(): string {
    return this.#lock.path;
  }

  async take(): Promise<void> {}

  handOver(_writer: Writer): HandedLock {
    return core().lockForHandover(this.#lock, isOthersWord(this.#lock) ? 'launcher' : 'daemon', true);
  }

  seal(): void {}

  commit(pid: number): Promise<void> | void {
    this.#onCommit();
    if (this.#name !== null) return this.#name(pid);
    core().nameHolder(this.path, pid);
  }

  giveBack(): void {}

  empty(): void {}

  forget(): void {
    core().forgetLock(this.#lock);
  }
}

/** Whether this process has given up the user that owns the pid file, and so cannot write the file. */
export function isOthersWord(lock: PidLockFile): boolean {
  return fstatSync(core().lockForHandover(lock).fd).uid !== process.geteuid?.();
}
