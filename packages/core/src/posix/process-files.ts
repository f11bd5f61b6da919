import { readdirSync, statSync } from 'node:fs';
import { readProc } from './proc-file.ts';

/** A process by its number, or the one that asks. */
export type Pid = number | 'self';

/**
 * Whether a descriptor's open file has an exclusive flock of its own, as `/proc/PID/fdinfo` shows it. It survives the way to another process;
 * the line's device and inode do not tell the file (btrfs and overlayfs print others), and its pid is the one that took the lock.
 * @returns `null` when that cannot be seen: no such descriptor, not the right to, no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html
 */
export function hasExclusiveFlock(pid: Pid, fd: number): boolean | null {
  try {
    return /^lock:.*FLOCK.*WRITE/m.test(readProc(`${pid}/fdinfo/${fd}`));
  } catch {
    return null;
  }
}

/**
 * The process that took the exclusive flock of a descriptor's open file; 0 in another pid namespace, when it has ended. The same for every
 * process that the open file has been handed on to.
 * @returns `null`: there is none to be seen
 */
export function flockTaker(pid: Pid, fd: number): number | null {
  try {
    const [, taker] = /^lock:.*FLOCK +ADVISORY +WRITE +([0-9]+) /m.exec(readProc(`${pid}/fdinfo/${fd}`)) ?? [];
    return taker === undefined ? null : Number(taker);
  } catch {
    return null;
  }
}

/**
 * The numbers under which a process has this file open.
 * @returns an empty list if they cannot be seen, or there is no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 */
export function descriptorsOfFile(pid: Pid, file: { readonly dev: number; readonly ino: number }): number[] {
  return descriptorNumbers(pid).filter((fd) => isFile(pid, fd, file));
}

/**
 * Whether a descriptor of this file meets the condition. Each look is a system call. A lock mostly has a low number, so the higher numbers
 * are rarely looked at.
 */
export function someDescriptorOfFile(pid: Pid, file: FileIdentity, isIt: (fd: number) => boolean): boolean {
  return descriptorNumbers(pid).some((fd) => isFile(pid, fd, file) && isIt(fd));
}

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

function isFile(pid: Pid, fd: number, file: FileIdentity): boolean {
  try {
    // bigint: on Node 20 a plain stat of a socket or pipe makes the ESM loader stop resolving symlinks.
    const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`, { bigint: true });
    return Number(ino) === file.ino && Number(dev) === file.dev;
  } catch {
    return false;
  }
}

function descriptorNumbers(pid: Pid): number[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/**
 * The processes that took flocks on files with this inode number, out of /proc/locks. A lock that was handed over is listed under the process
 * it came from, filesystems share numbers, and of other pid namespaces nothing is listed: good for a message, and no proof.
 * @see https://man7.org/linux/man-pages/man5/proc_locks.5.html
 */
export function flockTakers(ino: number): number[] {
  try {
    return [...readProc('locks').matchAll(/FLOCK +ADVISORY +(?:WRITE|READ) +([0-9]+) +[0-9a-f]+:[0-9a-f]+:([0-9]+) /g)]
      .filter(([, , inode]) => Number(inode) === ino)
      .map(([, pid]) => Number(pid));
  } catch {
    return [];
  }
}
