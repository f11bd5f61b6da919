import { existsSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import type { HandedLock, Writer } from '@daemonium/core/start';
import { core } from '../internal/core.ts';

/** The lock of a start, in a launcher or in a daemon that starts its successor. */
export interface StartLock {
  /** The pid file's path; `null` without one. */
  readonly path: string | null;
  /** @throws {AlreadyLockedError} nothing was spawned, nothing changed */
  take(signal?: AbortSignal): Promise<void>;
  /** The lock's data for the daemon; `null` without a lock. @param writer the process that writes the pid */
  handOver(writer: Writer): HandedLock | null;
  /** Stage 6 of a daemon that has given up root. */
  seal(pid: number): void;
  /** Right before the release: the last moment in which the start can fail. @param pid the process for the pid file to name */
  commit(pid: number): Promise<void> | void;
  /** Whether the pid file names `pid` while {@link commit} is under way: another process writes it, and may end before it has said so. */
  names(pid: number): boolean;
  /** There is no daemon: the lock is as it was. */
  giveBack(): void;
  /** There will be no daemon, but the lock may still be held: the file is as after `take()`. */
  empty(): void;
  /** The daemon has it. */
  forget(): void;
}

/** The pid file's lock on its way from the launcher to the daemon; there may be none. */
export class LauncherLock implements StartLock {
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

  get path(): string | null {
    return this.#lock?.path ?? null;
  }

  handOver(writer: Writer): HandedLock | null {
    return this.#lock === null ? null : core().lockForHandover(this.#lock, writer);
  }

  seal(pid: number): void {
    this.#lock?.seal(pid);
  }

  commit(): void {}

  names(): boolean {
    return false;
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

  empty(): void {
    if (this.#lock?.isLocked() === true) core().unsealLock(this.#lock);
  }

  /** The daemon has it. */
  forget(): void {
    if (this.#lock !== null) core().forgetLock(this.#lock);
  }
}
