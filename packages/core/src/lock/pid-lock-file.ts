import { LockFailedError } from '../errors/lock-errors.ts';
import { alreadyMine, attempt } from './acquire.ts';
import { acquireNow, acquireSoon, heldErrorSoon } from './acquire-now.ts';
import { lookAtLock } from './look-at-lock.ts';
import { type AcquireOptions, checkAcquireOptions, type PidLockFileOptions, resolveLockPath, resolveOptions } from './options.ts';
import { parseRecord, readPid } from './record.ts';
import { breakLock, release } from './release.ts';
import { fstatOrNull, sameInode } from './same-inode.ts';
import { seal } from './seal.ts';
import { attachState, type LockState } from './state.ts';
import { waitFor } from './wait.ts';

/** Result of {@link PidLockFile.check}. A locked file is `own` or `running`, sealed or not; in the other states its lock is free. */
export type PidFileState = 'missing' | 'empty' | 'unreadable' | 'stale' | 'own' | 'running';

/**
 * A pid file whose lock lives as long as its holder: flock(2) on the open file, which the kernel frees on any death. Neither a file left
 * over nor a pid given to another process ever blocks a start.
 *
 * ```ts
 * using lock = new PidLockFile('/run/mail.pid').seal();
 * ```
 *
 * Two phases, for two processes: `acquire` takes the lock and writes nothing, `seal` writes the pid of the process that goes on with it.
 */
export class PidLockFile implements Disposable, AsyncDisposable {
  readonly #state: LockState;

  /**
   * Touches nothing. A relative path is made absolute here, once.
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the path or an option
   * @throws {LockFailedError} an empty path, or one with a NUL
   */
  constructor(path: string | URL, options?: PidLockFileOptions) {
    const resolved = resolveOptions(options);
    this.#state = attachState(this, resolveLockPath(path), resolved);
  }

  /** Absolute. */
  get path(): string {
    return this.#state.path;
  }

  /** The pid this object has sealed the file with, or `null`. */
  get pid(): number | null {
    return this.#state.pid;
  }

  /**
   * The locked descriptor while this object holds the lock. A process that inherits it holds the lock, too, and cannot write the file
   * through it.
   */
  get fd(): number | null {
    return this.#state.hold?.fd ?? null;
  }

  /**
   * Takes the lock, and empties the file of a dead owner; where others could have put that file there, it is replaced by a new one. Writes no
   * pid: {@link seal} does. The event loop is never kept waiting.
   * @param options `timeout` in ms instead of the object's own; `signal` ends the waiting, after which nothing is taken any more
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the options
   * @throws {AlreadyLockedError} another holds it, still when the time is over; its file is as it was
   * @throws {LockNotReentrantError} this object holds it already
   * @throws {LockFailedError} the file cannot be made, opened or locked; nothing is left behind
   * @throws {PidFileInsecureError} other users could write the file, by its owner, a second name, or its directory; it is as it was
   * @throws {PidFileUnreadableError} the file holds something other than one pid; it is as it was
   * @throws the signal's reason
   */
  async acquire(options: AcquireOptions = {}): Promise<this> {
    const { timeout = this.#state.options.timeout, signal } = checkAcquireOptions(options);
    signal?.throwIfAborted();
    if (timeout <= 0) {
      await acquireSoon(this.#state, signal);
      return this;
    }
    const tryOnce = () => {
      const result = attempt(this.#state);
      return typeof result === 'object' ? result : null;
    };
    if ((tryOnce() ?? (await waitFor(this.path, tryOnce, { timeout, signal }))) === null) throw await heldErrorSoon(this.#state, signal);
    return this;
  }

  /**
   * {@link acquire} that does not wait for a holder, whatever the time-out. It stops this thread, for some milliseconds at most.
   * @throws what {@link acquire} throws
   */
  acquireSync(): this {
    acquireNow(this.#state);
    return this;
  }

  /**
   * Writes a pid and a newline, in one write. Acquires first, without waiting, if need be. Only the process that goes on with the lock calls
   * it; a supervisor may seal for a child that has inherited the lock's descriptor.
   * @param pid default: this process's
   * @throws what {@link acquire} throws
   * @throws {LockNotReentrantError} sealed already
   * @throws {LockFailedError} the write failed; a lock acquired here is free again
   * @throws {NotMyLockError} the file was removed, or the descriptor closed, since the lock was taken
   */
  seal(pid?: number): this {
    seal(this.#state, pid);
    return this;
  }

  /**
   * Removes the file and frees the lock, however often it was entered. A file that is no longer the locked one stays, with a warning; so does
   * one that this user may not remove: it is stale then, and the next start takes it.
   * @throws {NotMyLockError} not held by this object
   */
  release(): void {
    release(this.#state);
  }

  /**
   * Removes the file even if another process holds its lock. That holder does not notice, and the next start succeeds. Silent when there is
   * no file.
   * @throws {LockFailedError} the file cannot be removed: `EACCES`, ...
   */
  breakLock(): void {
    breakLock(this.#state);
  }

  /**
   * Acquires and seals; disposing the result releases. When the lock is reentrant and sealed, counts one hold more instead. A result
   * disposed twice counts once.
   * @throws what {@link seal} throws
   */
  enter(): Disposable {
    const state = this.#state;
    if (state.pid === null) seal(state);
    else if (state.options.reentrant) state.holds++;
    else throw alreadyMine(state);
    const { hold } = state;
    let entered = true;
    return {
      [Symbol.dispose]() {
        // A lock released and taken again since then is another one.
        if (!entered || state.hold !== hold) return;
        entered = false;
        if (--state.holds === 0) release(state);
      },
    };
  }

  /** The pid that the file names; `null` when it is missing, empty or garbage, or locked and not sealed yet. Says nothing about that process. */
  readPid(): number | null {
    return readPid(this.path);
  }

  /** Reads the state of the file. Never throws: a file that cannot be read or examined is `unreadable`. */
  check(): PidFileState {
    if (this.isLocked()) return 'own';
    try {
      const found = lookAtLock(this.path);
      if (found === null) return 'missing';
      if (found.held) return 'running';
      if (found.text === '') return 'empty';
      return parseRecord(found.text) === null ? 'unreadable' : 'stale';
    } catch (error) {
      if (error instanceof LockFailedError) return 'unreadable';
      throw error;
    }
  }

  /**
   * Whether anyone holds the lock, this object included.
   * @throws {LockFailedError} that cannot be seen: `EACCES`, ...
   */
  isActive(): boolean {
    return this.isLocked() || lookAtLock(this.path)?.held === true;
  }

  /** Whether this object holds the lock. */
  isLocked(): boolean {
    const { hold } = this.#state;
    if (hold === null) return false;
    const stat = fstatOrNull(hold.fd);
    return stat !== null && sameInode(stat, hold);
  }

  /** Whether this object holds the lock and has sealed it with this process's pid. */
  isPrimary(): boolean {
    return this.pid === process.pid && this.isLocked();
  }

  /**
   * Whether the file exists and its lock is free.
   * @throws {LockFailedError} the file cannot be examined: `EACCES`, ...
   */
  isStale(): boolean {
    return !this.isLocked() && lookAtLock(this.path)?.held === false;
  }

  /** {@link release}, silent when not held. */
  [Symbol.dispose](): void {
    if (this.#state.hold !== null) release(this.#state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }
}
