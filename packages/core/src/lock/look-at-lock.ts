import { closeSync } from 'node:fs';
import { LockFailedError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { tryLockShared } from '../posix/locks.ts';
import { loadCalls } from '../posix/system-call.ts';
import { openRegular, readText } from './record.ts';

/** Result of one look at a pid file: `null` if there is no file, else its text, and whether another process holds its lock. */
export type LockLook = { readonly held: boolean; readonly text: string } | null;

/**
 * Looks whether anyone holds the lock, by sharing it for some microseconds. Not through /proc/locks: in a pid namespace a lock that was
 * handed over is missing there. Acquiring processes tell such a look from a holder.
 * @throws {LockFailedError} `EACCES` (the file cannot be read by this user), `ELOOP`, `EINVAL` (no regular file), `EMFILE`, ...
 */
export function lookAtLock(path: string): LockLook {
  try {
    loadCalls();
    const fd = openRegular(path);
    try {
      const held = !tryLockShared(fd);
      return { held, text: readText(fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw new LockFailedError(path, error, 'look at');
  }
}
