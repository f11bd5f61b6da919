import { AlreadyLockedError, NotMyLockError } from '../errors/lock-errors.ts';
import { OptionError } from '../errors/option-error.ts';
import { LOCK_OPTIONS, type PidLockFileOptions } from '../lock/options.ts';
import { PidLockFile } from '../lock/pid-lock-file.ts';
import { release } from '../lock/release.ts';
import { lstatOrNull } from '../lock/same-inode.ts';
import { heldHere, isLockLike, stateOf } from '../lock/state.ts';
import { defined } from '../options/defined.ts';
import { checkNames } from '../options/known-names.ts';
import { forgetOnExit, removeAtEnd } from './made-files.ts';
import { type PidFilePathOptions, pidFilePath } from './path.ts';

/** Options for the file's place and for its lock. */
export interface MakePidFileOptions extends PidFilePathOptions, PidLockFileOptions {}

/**
 * Acquires and seals a pid file that goes when this process does: at exit, and at SIGINT and SIGTERM, which still end the process as they
 * would have. If the program has a listener of its own for the signal, that decides, and the file goes at exit.
 * @param name as for {@link pidFilePath}
 * @throws what {@link PidLockFile.seal} throws; then no handler stays
 */
export function makePidFile(name?: string, options: MakePidFileOptions = {}): PidLockFile {
  checkNames(options, [...LOCK_OPTIONS, 'directory', 'instance', 'suffix']);
  const { directory, instance, suffix, ...rest } = options;
  const lock = new PidLockFile(pidFilePath(name, defined({ directory, instance, suffix })), rest);
  const state = stateOf(lock);
  // Before the pid can be read: a reader may send a signal at once.
  removeAtEnd(lock);
  try {
    lock.seal();
  } catch (error) {
    forgetOnExit(lock);
    throw error;
  }
  state.afterRelease = () => forgetOnExit(lock);
  return lock;
}

/**
 * Removes a pid file: a stale one, or one that this process holds, whose lock is then free. Silent when there is none.
 * @param name as for {@link pidFilePath}
 * @throws {NotMyLockError} another process holds its lock
 * @throws {LockFailedError} it cannot be locked or removed
 */
export function removePidFile(name?: string, options?: PidFilePathOptions): void {
  const path = pidFilePath(name, options);
  const now = lstatOrNull(path);
  if (now === null) return;
  const here = heldHere(now);
  if (here !== null) {
    release(here);
    return;
  }
  const lock = new PidLockFile(path);
  try {
    lock.acquireSync().release();
  } catch (cause) {
    if (!(cause instanceof AlreadyLockedError)) throw cause;
    throw new NotMyLockError(path, cause.pid === null ? 'another process holds it' : `process ${cause.pid} holds it`, { cause });
  }
}

/**
 * `fn` with the lock held and sealed while it runs: until it returns, or until the promise it returns has settled. Each call takes the lock
 * anew, so a second one meanwhile fails, unless the lock is a reentrant one.
 * @param pidFile the path, or a lock to use
 * @throws what {@link PidLockFile.enter} throws, from the call; `fn` has not run then
 */
export function withPidLock<F extends (...args: never[]) => unknown>(pidFile: string | URL | PidLockFile, fn: F): F {
  if (typeof fn !== 'function') throw new OptionError('fn', 'a function', fn);
  const lock = isLockLike(pidFile) ? (pidFile as PidLockFile) : new PidLockFile(pidFile);
  const locked = function (this: unknown, ...args: never[]): unknown {
    const entered = lock.enter();
    let pending = false;
    try {
      const result = fn.apply(this, args);
      if (!isThenable(result)) return result;
      pending = true;
      return whenSettled(result, entered);
    } finally {
      if (!pending) entered[Symbol.dispose]();
    }
  };
  Object.defineProperty(locked, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(locked, 'length', { value: fn.length, configurable: true });
  return locked as F;
}

async function whenSettled(result: PromiseLike<unknown>, entered: Disposable): Promise<unknown> {
  try {
    return await result;
  } finally {
    entered[Symbol.dispose]();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
