import { existsSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import { core } from '../internal/core.ts';

/** The pid file's lock on its way from the launcher to the daemon; there may be none. */
export class LauncherLock {
  readonly #lock: PidLockFile | null;
  /** The lock was the caller's before; a failed start leaves it so. */
  readonly #borrowed: boolean;

  constructor(lock: PidLockFile | null) {
    this.#lock = lock;
    this.#borrowed = lock?.isLocked() ?? false;
  }

  /** @throws {AlreadyLockedError} nothing was spawned, nothing changed */
  async take(signal?: AbortSignal): Promise<void> {
    if (this.#lock !== null && !this.#borrowed) await this.#lock.acquire(signal === undefined ? {} : { signal });
  }

  /** There is no daemon: the lock is as it was. */
  giveBack(): void {
    const lock = this.#lock;
    if (lock === null || !lock.isLocked()) return;
    // The daemon may have written its pid; the caller's own lock stays the caller's.
    if (this.#borrowed) core().unsealLock(lock);
    // A daemon that could not know that its launcher lives has removed the file itself.
    else if (existsSync(lock.path)) lock[Symbol.dispose]();
    else core().forgetLock(lock);
  }

  /** The daemon has it. */
  forget(): void {
    if (this.#lock !== null) core().forgetLock(this.#lock);
  }
}
