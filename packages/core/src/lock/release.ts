import { closeSync, type Stats, unlinkSync, writeSync } from 'node:fs';
import { LockFailedError, NotMyLockError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { assertStill } from './adopt.ts';
import { lstatOrNull, sameInode } from './same-inode.ts';
import { forget, type Hold, type LockState } from './state.ts';
import { closeWriter } from './writer.ts';

/** Removes the file if it is still the locked one, while the lock is held; then closing frees the lock. */
export function release(state: LockState): void {
  const { path, hold } = state;
  if (hold === null) throw new NotMyLockError(path, 'it is not held by this object, so there is nothing to release');
  forget(state);
  closeWriter(hold);
  const stat = assertStill(path, hold);
  try {
    remove(path, hold, stat);
  } finally {
    // Not LOCK_UN: a process that inherited the open file keeps its lock.
    closeSync(hold.fd);
  }
}

function remove(path: string, hold: Hold, stat: Stats): void {
  try {
    const now = lstatOrNull(path);
    if (now !== null && sameInode(now, hold)) {
      unlinkSync(path);
      return;
    }
    if (hold.word === 'own') warn(`The pid file '${path}' ${whereTo(now, stat)}`);
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOENT', 'ENOTDIR')) throw new LockFailedError(path, error, 'remove');
    // A daemon that has given up its rights often cannot remove the file: no warning then. The next start removes it, or a stop by a user with the
    // right to.
    if (hold.word === 'own')
      warnOnce(path, `The pid file '${path}' cannot be removed (${(error as NodeJS.ErrnoException).code}), so it is left, and stale`);
  }
}

/** Why the path does not name the file that was locked. */
function whereTo(now: Stats | null, { nlink }: Stats): string {
  if (now !== null) return 'was replaced while its lock was held; the new one is left';
  if (nlink === 0) return 'was removed while its lock was held; nothing is left';
  return 'is not to be found at its path (it was moved, or this process has another root directory), so it is left, and stale';
}

const warned = new Set<string>();

function warnOnce(path: string, message: string): void {
  if (warned.has(path)) return;
  warned.add(path);
  warn(message);
}

function warn(message: string): void {
  const [type, code] = ['PidLockFileWarning', 'DAEMONIUM_PID_FILE'];
  if ((process as { readonly _exiting?: boolean })._exiting !== true) {
    process.emitWarning(message, { type, code });
    return;
  }
  try {
    // Most pid files are released as the process ends, and Node prints warnings in the next turn, which does not come then.
    writeSync(2, `(node:${process.pid}) [${code}] ${type}: ${message}\n`);
  } catch {
    // stderr is closed: there is no other place for the warning.
  }
}

/** Removes the file even if another process holds its lock. Closes this object's own descriptors. */
export function breakLock(state: LockState): void {
  const { path, hold } = state;
  if (hold !== null) {
    forget(state);
    closeWriter(hold);
    closeIfOurs(path, hold);
  }
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw new LockFailedError(path, error, 'remove');
  }
}

function closeIfOurs(path: string, hold: Hold): void {
  try {
    assertStill(path, hold);
  } catch {
    return;
  }
  closeSync(hold.fd);
}
