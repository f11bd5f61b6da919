import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { AlreadyLockedError, LockError, LockFailedError, LockNotReentrantError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { isPrivate } from '../posix/file-mode.ts';
import { tryLockExclusive, tryLockShared } from '../posix/locks.ts';
import { protectedBy } from '../posix/protected-file.ts';
import { loadCalls } from '../posix/system-call.ts';
import { adoptArrived } from './adopt.ts';
import { assertLocal, assertLocalDirectory, assertRegular } from './inspect-file.ts';
import { assertSafeDirectory, assertSafeFile, directoryOf } from './safety.ts';
import { lstatOrNull, sameInode } from './same-inode.ts';
import type { Hold, LockState } from './state.ts';
import { assertPidFile, READ, take, unlinkQuietly } from './take.ts';

/** `held`: another open file has the lock. `looked-at`: only readers that look whether it is held, so it will be free in a moment. */
export type Refusal = 'held' | 'looked-at';

/** Each further try means that another process made progress in between, or that a process swaps the file on purpose. */
const MOST_TRIES = 10_000;

/**
 * One try at the lock: opens and locks the file; the path must still name that file.
 * @throws {LockFailedError} with nothing left behind
 * @throws {PidFileInsecureError} with the file untouched
 * @throws {PidFileUnreadableError} with the file untouched
 */
export function attempt(state: LockState): Hold | Refusal {
  if (state.hold !== null) throw alreadyMine(state);
  const adopted = adoptArrived(state);
  if (adopted !== null) return adopted;
  const { path } = state;
  try {
    // First: with one spare descriptor left, loading failed after the open and an empty file stayed.
    loadCalls();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const result = attemptOnce(state);
      if (result !== 'moved') return result;
    }
    throw errnoError('EAGAIN', 'the file is replaced again and again');
  } catch (error) {
    throw error instanceof LockError
      ? error
      : new LockFailedError(path, error, 'lock', hasCode(error, 'EACCES') ? cureOf(path) : undefined);
  }
}

/** Root is refused a file for this reason alone, and no permission that is changed would help. */
function cureOf(path: string): string | undefined {
  const by = protectedBy(path);
  if (by === null) return undefined;
  return `it belongs to uid ${by.uid}, and ${by.name} keeps everybody else, root too, from opening it in this sticky directory; remove it, or use a directory that only its owner can write`;
}

function attemptOnce(state: LockState): Hold | Refusal | 'moved' {
  const { path, options } = state;
  const directory = directoryOf(path);
  if (directory !== null) assertSafeDirectory(path, directory);
  assertLocalDirectory(path);
  const alone = directory !== null && isPrivate(directory);
  const { fd, fresh } = alone ? { fd: openSync(path, READ | constants.O_CREAT, options.mode), fresh: false } : openShared(state);
  let result: Hold | Refusal | 'moved' = 'moved';
  try {
    const stat = fstatSync(fd);
    assertRegular(path, stat);
    assertSafeFile(path, stat, options.uid, () => !tryLockShared(fd));
    assertLocal(path, stat.dev);
    const locked = lock(fd, path, stat);
    // The holder may have removed the file between our open and our flock: then our lock is on a file that other processes do not find.
    const now = lstatOrNull(path);
    if (now === null || !sameInode(now, stat)) return 'moved';
    if (now.size > 0) assertPidFile(path, fd);
    if (locked) result = take(state, { fd, stat: now, fresh }, alone);
    else result = tryLockShared(fd) ? 'looked-at' : 'held';
    return result;
  } finally {
    if (typeof result === 'string') closeSync(fd);
  }
}

/**
 * Opens the file in a directory that others can write. An existing file is only opened; a missing one is made with O_EXCL. If
 * fs.protected_regular is set, Linux refuses O_CREAT without O_EXCL for another user's file.
 */
function openShared({ path, options }: LockState): { readonly fd: number; readonly fresh: boolean } {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      return { fd: openSync(path, READ), fresh: false };
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    try {
      return { fd: openSync(path, READ | constants.O_CREAT | constants.O_EXCL, options.mode), fresh: true };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
  throw errnoError('EAGAIN', 'the file comes and goes');
}

function lock(fd: number, path: string, stat: Stats): boolean {
  try {
    return tryLockExclusive(fd);
  } catch (error) {
    // This file system has no locks, so no process holds this one, and our open() made the empty file. No other error proves that.
    if (stat.size === 0 && hasCode(error, 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL')) unlinkQuietly(path);
    throw error;
  }
}

/** The error of a second acquire or seal of one object. */
export function alreadyMine({ path, options, pid }: LockState): AlreadyLockedError {
  const done = pid === null ? 'already acquired' : 'already sealed';
  if (!options.reentrant) {
    return new LockNotReentrantError(path, process.pid, `Cannot lock '${path}' again: ${done} by this object, which is not reentrant`);
  }
  return new AlreadyLockedError(
    path,
    process.pid,
    `Cannot lock '${path}' again: ${done}; only enter() counts the holds of a reentrant lock`,
  );
}
