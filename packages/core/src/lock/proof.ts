import { statSync } from 'node:fs';
import { descriptorsOfFile, flockTaker, hasExclusiveFlock, someDescriptorOfFile } from '../posix/process-files.ts';
import type { Inode } from './same-inode.ts';

/** Whether one of the process's descriptors is this file, with the lock on it. */
export function holdsLock(pid: number, file: Inode): boolean {
  return someDescriptorOfFile(pid, file, (fd) => hasExclusiveFlock(pid, fd) === true);
}

/**
 * The process that once took the lock which `pid` holds. It stays the same while the lock goes from a daemon to its successors, and is never
 * free.
 * @returns `null`: `pid` is not seen to hold it
 */
export function lockTaker(path: string, pid: number): number | null {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return null;
  for (const fd of descriptorsOfFile(pid, file)) {
    const taker = flockTaker(pid, fd);
    if (taker !== null) return taker;
  }
  return null;
}
