import type { Stats } from 'node:fs';

// Bits of a file's mode, the same on every POSIX system: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/sys_stat.h.html
export const GROUP_WRITE = 0o020;
export const OTHERS_WRITE = 0o002;
export const GROUP_AND_OTHERS_WRITE = GROUP_WRITE | OTHERS_WRITE;
export const STICKY = 0o1000;

/** A mode as `chmod` takes it: `0755`. */
export function showMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Whether only root and the caller can write this directory: then no other user can put a file in the place of ours. */
export function isPrivate({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & GROUP_AND_OTHERS_WRITE) === 0;
}
