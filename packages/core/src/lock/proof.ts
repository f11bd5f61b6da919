import { hasExclusiveFlock, someDescriptorOfFile } from '../posix/process-files.ts';
import type { Inode } from './same-inode.ts';

/** Whether one of the process's descriptors is this file, with the lock on it. */
export function holdsLock(pid: number, file: Inode): boolean {
  return someDescriptorOfFile(pid, file, (fd) => hasExclusiveFlock(pid, fd) === true);
}
