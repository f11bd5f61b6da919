import { statSync } from 'node:fs';
import { readProc } from './proc-file.ts';

/**
 * The effective uid of a process.
 * @returns `null` when there is none, or no /proc to tell
 * @see https://man7.org/linux/man-pages/man5/proc_pid.5.html
 */
export function processOwner(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}

/** Real, effective, saved and file system uid of a process; `null` when that cannot be seen. */
export function processUids(pid: number): readonly number[] | null {
  try {
    const ids = /^Uid:\s*([\d\s]+)$/m.exec(readProc(`${pid}/status`))?.[1];
    return ids === undefined ? null : ids.trim().split(/\s+/).map(Number);
  } catch {
    return null;
  }
}
