import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import { LockFailedError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { tryLockExclusive } from '../posix/locks.ts';
import { parseRecord, readText } from './record.ts';
import { whyUntrusted } from './safety.ts';
import { named, sameInode } from './same-inode.ts';
import { READ } from './take.ts';

/**
 * Removes the file that a daemon without the right to do so has left: a pid file by everything that a stop asks of one, which nobody holds. It is
 * locked meanwhile, so that no start is disturbed. Neither waits nor makes a file.
 * @param before done while nobody else can have the lock
 * @returns whether it was removed; `false` also when this user may not
 * @throws {LockFailedError} it cannot be locked: `ENOLCK`, `EMFILE`, ...
 */
export function removeStale(path: string, before: () => void = () => {}): boolean {
  try {
    const fd = openSync(path, READ);
    try {
      return isStale(path, fd) && remove(path, before);
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
  const now = named(path);
  return now !== null && sameInode(now, stat);
}

function remove(path: string, before: () => void): true {
  before();
  unlinkSync(path);
  return true;
}
