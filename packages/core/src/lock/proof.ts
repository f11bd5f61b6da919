import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { healLoader, sameInode } from './same-inode.ts';

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

/**
 * Whether one of the process's descriptors is this file with a lock of its own on it. The descriptor is compared by what it is: what the
 * kernel prints in the lock's line is another device on btrfs and another inode on overlayfs, and its pid column names the launcher.
 */
export function holdsLock(pid: number, file: Stats): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isFile(`/proc/${pid}/fd/${fd}`, file) && showsLock(`/proc/${pid}/fdinfo/${fd}`));
  } catch {
    return false;
  } finally {
    healLoader();
  }
}

function isFile(link: string, file: Stats): boolean {
  try {
    return sameInode(statSync(link), file);
  } catch {
    return false;
  }
}

function showsLock(fdinfo: string): boolean {
  try {
    return /^lock:.*FLOCK.*WRITE/m.test(readFileSync(fdinfo, 'latin1'));
  } catch {
    return false;
  }
}
