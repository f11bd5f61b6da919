import { call, hasCode } from './call.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH } from './constants.ts';
import { systemCall } from './system-call.ts';

const cFlock = systemCall<[fd: number, operation: number]>('int flock(int fd, int operation)');

/**
 * `flock(fd, operation)`: lock, convert or unlock an open file. Without `LOCK_NB` it blocks the whole event loop.
 * @throws {NodeJS.ErrnoException} `EAGAIN` (held elsewhere), `EBADF`, `EINVAL`, `ENOLCK`
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function flock(fd: number, operation: number): void {
  call('flock', () => cFlock(fd, operation));
}

/**
 * `flock(fd, LOCK_EX | LOCK_NB)`: take the lock of an open file, or say at once that another has it.
 * The lock lives as long as any copy of this open file does, so a child given `fd` keeps it.
 * @returns `false` when held elsewhere
 * @throws {NodeJS.ErrnoException} `EBADF`, `ENOLCK`
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function tryLockExclusive(fd: number): boolean {
  return tryLock(fd, LOCK_EX | LOCK_NB);
}

/**
 * `flock(fd, LOCK_SH | LOCK_NB)`: as {@link tryLockExclusive}, sharing with other readers. A descriptor opened for reading will do.
 * @returns `false` when held exclusively elsewhere
 * @throws {NodeJS.ErrnoException} `EBADF`, `ENOLCK`
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function tryLockShared(fd: number): boolean {
  return tryLock(fd, LOCK_SH | LOCK_NB);
}

function tryLock(fd: number, operation: number): boolean {
  try {
    flock(fd, operation);
    return true;
  } catch (error) {
    // EWOULDBLOCK is EAGAIN on every supported system.
    if (hasCode(error, 'EAGAIN')) return false;
    throw error;
  }
}
