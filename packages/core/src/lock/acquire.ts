import { closeSync, constants, fchmodSync, fchownSync, fstatSync, ftruncateSync, openSync, type Stats, unlinkSync } from 'node:fs';
import { AlreadyLockedError, LockError, LockFailedError, LockNotReentrantError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { tryLockExclusive, tryLockShared } from '../posix/locks.ts';
import { protectedBy } from '../posix/protected-file.ts';
import { loadCalls } from '../posix/system-call.ts';
import { adoptArrived } from './adopt.ts';
import { foreignOwner } from './foreign.ts';
import { assertLocalDirectory, assertUsable } from './inspect-file.ts';
import { coded } from './options.ts';
import { named, sameInode } from './same-inode.ts';
import { type Hold, hold, type LockState } from './state.ts';

/** Node adds O_CLOEXEC to every open; NOCTTY, because opening a terminal could make it the session's before it is seen to be none of ours. */
const OPEN = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** `held`: another open file has the lock. `probed`: only readers that look whether it is held, so it will be free in a moment. */
export type Refusal = 'held' | 'probed';

/** Every further try means that another process made progress in between, or that somebody swaps the file on purpose. */
const MOST_TRIES = 10_000;

/**
 * One try at the lock: open, flock, and the path must still name what was locked.
 * @throws {LockFailedError} with nothing left behind
 * @throws {PidFileInsecureError} with the file untouched
 */
export function attempt(state: LockState): Hold | Refusal {
  if (state.hold !== null) throw alreadyMine(state);
  const adopted = adoptArrived(state);
  if (adopted !== null) return adopted;
  const { path } = state;
  try {
    // First: with one spare descriptor left, loading failed after the open and an empty file stayed.
    loadCalls();
    assertLocalDirectory(path);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const result = attemptOnce(state);
      if (result !== 'moved') return result;
    }
    throw coded('EAGAIN', 'the file is replaced again and again');
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
  const fd = openSync(path, OPEN, options.mode);
  let kept = false;
  try {
    const stat = fstatSync(fd);
    assertUsable(path, stat, options.uid);
    const locked = lock(fd, path, stat);
    // The holder may have removed the file between our open and our flock: then this lock is one on a file that nobody else will find.
    const now = named(path);
    if (now === null || !sameInode(now, stat)) return 'moved';
    if (!locked) return tryLockShared(fd) ? 'probed' : 'held';
    take(state, fd, now);
    kept = true;
    return hold(state, { fd, dev: stat.dev, ino: stat.ino });
  } finally {
    if (!kept) closeSync(fd);
  }
}

function lock(fd: number, path: string, stat: Stats): boolean {
  try {
    return tryLockExclusive(fd);
  } catch (error) {
    // Where there are no locks, nobody has this one, and an empty file is what our open has made. Any other failure says nothing about others.
    if (stat.size === 0 && hasCode(error, 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL')) unlinkQuietly(path);
    throw error;
  }
}

/** Makes the file ours: permissions, owner, and no pid of a dead owner. */
function take(state: LockState, fd: number, stat: Stats): void {
  const { path, options } = state;
  if (options.foreign === 'respect' && stat.size > 0) {
    const pid = foreignOwner(fd, stat.mtimeMs);
    if (pid !== null) throw new AlreadyLockedError(path, pid);
  }
  try {
    const { uid = stat.uid, gid = stat.gid, mode } = options;
    if (uid !== stat.uid || gid !== stat.gid) fchownSync(fd, uid, gid);
    if ((stat.mode & 0o7777) !== mode && mayChange(stat)) fchmodSync(fd, mode);
    if (stat.size > 0) ftruncateSync(fd, 0);
  } catch (error) {
    if (stat.size === 0) unlinkQuietly(path);
    throw error;
  }
}

/** A file of root's that this user may write, but not change the mode of, is as good as it was. */
function mayChange(stat: Stats): boolean {
  const euid = process.geteuid?.();
  return euid === 0 || euid === stat.uid;
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}

/** What a second acquire or seal of one object is told. */
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
