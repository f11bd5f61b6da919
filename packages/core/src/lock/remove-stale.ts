import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import { LockFailedError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { tryLockExclusive } from '../posix/locks.ts';
import { parseRecord, readText } from './record.ts';
import { whyUntrusted } from './safety.ts';
import { lstatOrNull, sameInode } from './same-inode.ts';
import { READ } from './take.ts';

/**
 * Removes the pid file of a daemon that had no right to remove it. The file must pass every check of a stop, and its lock must be free. The
 * lock is held meanwhile, so that no start is disturbed. Neither waits nor makes a file.
 * @param alongside called while the file is locked
 * @returns whether the file was removed; `false` also when this user may not
 * @throws {LockFailedError} it cannot be locked: `ENOLCK`, `EMFILE`, ...
 */
export function removeStale(path: string, alongside: () => void = () => {}): boolean {
  try {
    const fd = openSync(path, READ);
    try {
      return isStale(path, fd) && remove(path, alongside);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENXIO', 'EROFS')) return false;
    throw new LockFailedError(path, error, 'remove');
  }
}

function isStale(path: string, fd: number): boolean {
  const stat = fstatSync(fd);
  if (whyUntrusted(path, stat) !== null || parseRecord(readText(fd)) === null || !tryLockExclusive(fd)) return false;
  const now = lstatOrNull(path);
  return now !== null && sameInode(now, stat);
}

function remove(path: string, alongside: () => void): true {
  alongside();
  unlinkSync(path);
  return true;
}
