import { closeSync, ftruncateSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { LockError, LockFailedError, NotMyLockError } from '../errors/lock-errors.ts';
import { arrivedLock } from '../handover/arrive.ts';
import { type HandedLock, sharedState, type Writer } from '../handover/state.ts';
import { setCloseOnExec } from '../posix/descriptors.ts';
import { HIGHEST_MARKED } from '../posix/inherited-descriptors.ts';
import { hasExclusiveFlock } from '../posix/process-files.ts';
import { fstatOrNull, lstatOrNull, sameInode } from './same-inode.ts';
import { forget, type Hold, hold, type LockState, stateOf } from './state.ts';
import { closeWriter, openWriter, writerOf } from './writer.ts';

/**
 * Returns the data that the next process needs. The lock stays held here.
 * @param writer the process that writes the pid. `launcher`: for a daemon that gives up root, which must not be able to name another
 * process. This process then calls `seal(pid)` with the pid that the kernel reports, and the daemon's own `seal()` only reads. `daemon`:
 * the daemon opens the file for writing when it adopts the lock, while it still has the launcher's rights and paths
 * @param late for a successor: the file names this process until {@link nameHolder}
 * @throws {NotMyLockError} `lock` is not held, or its descriptor was closed
 */
export function lockForHandover(lock: object, writer: Writer = 'daemon', late = false): HandedLock {
  const { path, hold: mine } = stateOf(lock);
  if (mine === null) throw new NotMyLockError(path, 'it is not held, so it cannot be handed over');
  assertStill(path, mine);
  return { path, fd: mine.fd, dev: mine.dev, ino: mine.ino, writer, ...(late ? { late } : {}) };
}

/**
 * Gives `lock` the previous process's lock, which this process has inherited at `handed.fd`. The lock was never free in between.
 * @throws {LockFailedError} `handed.fd` is not that file, or is not locked
 */
export function adoptLock(lock: object, handed: HandedLock): void {
  adopt(stateOf(lock), handed);
}

/**
 * The launcher's part after the daemon has the lock: the descriptor is closed without unlocking, which would unlock it for both, and the
 * file stays. The object is not held afterwards, and can be used again.
 * @throws {NotMyLockError} `lock` is not held, or its descriptor was closed
 */
export function forgetLock(lock: object): void {
  const state = stateOf(lock);
  const { path, hold: mine } = state;
  if (mine === null) throw new NotMyLockError(path, 'it is not held');
  forget(state);
  closeWriter(mine);
  assertStill(path, mine);
  closeSync(mine.fd);
}

/**
 * The launcher's part after a start that failed with a lock which the caller had before: the file is as after `acquire()`, whatever pid was
 * written to it.
 * @throws {NotMyLockError} `lock` is not held, or its descriptor was closed
 * @throws {LockFailedError} it cannot be written
 */
export function unsealLock(lock: object): void {
  const state = stateOf(lock);
  const { path, hold: mine } = state;
  if (mine === null) throw new NotMyLockError(path, 'it is not held');
  const { nlink } = assertStill(path, mine);
  try {
    // The daemon may have removed it.
    if (nlink > 0) ftruncateSync(writerOf(state, mine), 0);
  } catch (error) {
    throw error instanceof LockError ? error : new LockFailedError(path, error, 'empty');
  }
  state.pid = null;
  state.holds = 0;
}

/** The lock that came to this process when it was started as a daemon, if it is the one of `state`, once. */
export function adoptArrived(state: LockState): Hold | null {
  const arrived = arrivedLock();
  if (arrived === null || sharedState().lockAdopted) return null;
  const now = lstatOrNull(state.path);
  if (now === null || !sameInode(now, arrived)) return null;
  return adopt(state, arrived);
}

function adopt(state: LockState, { fd, dev, ino, writer = 'daemon', late = false }: HandedLock): Hold {
  const stat = fstatOrNull(fd);
  if (stat === null || !sameInode(stat, { dev, ino })) {
    throw new LockFailedError(state.path, errnoError('EBADF', `descriptor ${fd} is not the locked file that was handed over`), 'take over');
  }
  // Asked of the kernel without koffi, which the daemon does not load for this. Where it cannot be seen it is believed.
  if (hasExclusiveFlock('self', fd) === false) {
    throw new LockFailedError(state.path, errnoError('ENOLCK', `the file handed over at descriptor ${fd} is not locked`), 'take over');
  }
  if (fd > HIGHEST_MARKED) setCloseOnExec(fd);
  sharedState().lockAdopted = true;
  const mine = hold(state, { fd, dev, ino, writer: null, word: writer === 'launcher' ? 'launcher' : 'own', late });
  if (mine.word === 'own' && !late) openEarly(state, mine);
  return mine;
}

/** Opens the file before a new root directory hides the path. If that fails, seal() reports it, if it needs the file. */
function openEarly(state: LockState, mine: Hold): void {
  try {
    openWriter(state, mine);
  } catch {}
}

/** @throws {NotMyLockError} the descriptor was closed, or its number now stands for another file */
export function assertStill(path: string, held: Hold): NonNullable<ReturnType<typeof fstatOrNull>> {
  const stat = fstatOrNull(held.fd);
  if (stat !== null && sameInode(stat, held)) return stat;
  throw new NotMyLockError(
    path,
    `its descriptor ${held.fd} was closed${stat === null ? '' : ', and is another file now'}; the lock is lost`,
  );
}
