import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { descriptorsOfFile, hasExclusiveFlock } from '../posix/process-files.ts';
import type { Inode } from './same-inode.ts';

const GROUP_AND_OTHERS_WRITE = 0o022;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** The owner of the directory is not asked for: with the proof, he can only swap files of root's for others that are locked by whom they name. */
export function isSecure(path: string, file: Stats): boolean {
  const euid = process.geteuid?.();
  if (file.nlink !== 1 || (file.uid !== 0 && file.uid !== euid) || (file.mode & GROUP_AND_OTHERS_WRITE) !== 0) return false;
  const directory = statSync(dirname(path), { throwIfNoEntry: false });
  if (directory === undefined) return false;
  if ((directory.mode & STICKY) !== 0) return true;
  // Where everybody has a group of his own, a directory writable by the group is private all the same; root's is not.
  const unsafe = euid === 0 && directory.gid !== 0 ? GROUP_AND_OTHERS_WRITE : OTHERS_WRITE;
  return (directory.mode & unsafe) === 0;
}

/** Whether one of the process's descriptors is this file, with the lock on it. */
export function holdsLock(pid: number, file: Inode): boolean {
  return descriptorsOfFile(pid, file).some((fd) => hasExclusiveFlock(pid, fd) === true);
}
