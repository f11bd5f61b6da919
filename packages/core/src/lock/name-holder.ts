import { closeSync, constants, fstatSync, ftruncateSync, openSync, type Stats, writeSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { LockError, LockFailedError, NotMyLockError } from '../errors/lock-errors.ts';
import type { HandedDescriptor } from '../handover/state.ts';
import { holdsLock } from './proof.ts';
import { formatRecord, isPid, parseNamed, readText } from './record.ts';
import { whyUntrusted } from './safety.ts';
import { fstatOrNull, lstatOrNull, sameInode } from './same-inode.ts';

const WRITE = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Makes a pid file name another process that holds its lock: a successor that has inherited the lock from the named process. Uses one
 * write. If the new pid has fewer digits, newlines stand behind it for a moment: proofs take it, and all others see no valid pid file.
 * @throws {NotMyLockError} process `pid` is not seen to hold the lock, or the path is not that of a trusted pid file
 * @throws {LockFailedError} it cannot be written
 */
export function nameHolder(path: string, pid: number): void {
  try {
    const fd = openSync(path, WRITE);
    try {
      const stat = fstatSync(fd);
      refuse(path, stat, pid);
      write(fd, stat.size, pid);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof LockError ? error : new LockFailedError(path, error, 'write');
  }
}

function refuse(path: string, stat: Stats, pid: number): void {
  const untrusted = whyUntrusted(path, stat);
  if (untrusted !== null) throw untrusted;
  const now = lstatOrNull(path);
  if (now === null || !sameInode(now, stat)) throw new NotMyLockError(path, 'the file was removed or replaced');
  if (!isPid(pid) || !holdsLock(pid, stat)) throw new NotMyLockError(path, `process ${pid} is not seen to hold it`);
}

function write(fd: number, size: number, pid: number): void {
  const record = formatRecord(pid);
  const padded = record.padEnd(size, '\n');
  if (writeSync(fd, padded, 0, 'latin1') !== padded.length) throw errnoError('ENOSPC', 'no space left on device', { syscall: 'write' });
  if (size > record.length) ftruncateSync(fd, record.length);
}

/**
 * Whether the pid file under a lock names process `pid`: read through the lock's own descriptor, which is this file whatever its path is by now.
 * Finishes the work of a {@link nameHolder} that was killed after its write.
 */
export function namesHolder({ fd, path, dev, ino }: HandedDescriptor, pid: number): boolean {
  const stat = fstatOrNull(fd);
  if (stat === null || !sameInode(stat, { dev, ino }) || parseNamed(readText(fd)) !== pid) return false;
  const { length } = formatRecord(pid);
  if (stat.size > length) cutOff(path, stat, length);
  return true;
}

function cutOff(path: string, known: Stats, length: number): void {
  try {
    const fd = openSync(path, WRITE);
    try {
      if (sameInode(fstatSync(fd), known)) ftruncateSync(fd, length);
    } finally {
      closeSync(fd);
    }
  } catch {
    // This process has lost the right to write the file, or does not see it in its root directory. Proofs take it as it is.
  }
}
