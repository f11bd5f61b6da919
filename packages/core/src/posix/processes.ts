import { existsSync, readdirSync } from 'node:fs';
import { hasCode } from './call.ts';
import { notSupported } from './platform.ts';
import { readProc } from './proc-file.ts';
import { FIELD, NO_PROC, statFields } from './process-stat.ts';

/** Whether there is a /proc that tells of processes. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/**
 * `R` running, `S` sleeping, `D` in the disk, `Z` zombie, `T` stopped, ... The kernel tells the state of the main thread. If that one has ended
 * before the others, the process has all of its files still, and counts as `R`.
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processState(pid: number): string | null {
  const fields = statFields(pid);
  if (fields === null) return null;
  const state = fields[FIELD.state] ?? '';
  const threads = Number(fields[FIELD.threads]);
  return state === 'Z' && threads > 1 ? 'R' : state;
}

/**
 * Whether a process has ended: there is none, or only a zombie, which holds nothing any more, reaped or not.
 * @throws {Error} `ERR_PLATFORM` without /proc
 */
export function processHasEnded(pid: number): boolean {
  const state = processState(pid);
  return state === null || state === 'Z' || state === 'X';
}

/**
 * Whether there is such a process, if only as a zombie. Also `true` for one that this user may not signal.
 * @see https://man7.org/linux/man-pages/man2/kill.2.html
 */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Whether there is such a process, and not only a zombie of it, which holds nothing any more. */
export function processIsAlive(pid: number): boolean {
  if (!processExists(pid)) return false;
  try {
    const state = processState(pid);
    return state !== 'Z' && state !== 'X';
  } catch {
    // Without /proc the one look has to do, as where it is hidden (hidepid).
    return true;
  }
}

/** PF_EXITING of the kernel's include/linux/sched.h. */
const EXITING = 0x4;

/**
 * Whether a process is on its way out: it shows no open files any more, and may still hold their locks. A zombie holds nothing.
 * @returns `false` when there is no such process, or no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html the field flags
 */
export function processIsExiting(pid: number): boolean {
  return hasProc() && processIsAlive(pid) && (Number(statFields(pid)?.[FIELD.flags] ?? 0) & EXITING) !== 0;
}

/** How long to wait for a process on its way out, in ms: mostly microseconds, or as long as one of its threads waits for a processor. */
export const LONGEST_EXIT_MS = 1000;

/** Whether a process has ended, or is on its way out. */
export function processIsEnding(pid: number): boolean {
  return !processIsAlive(pid) || processIsExiting(pid);
}

/**
 * The children of a process, zombies included, by the kernel's word: from `/proc/PID/task/TID/children` of its threads, and where the kernel has
 * none (CONFIG_PROC_CHILDREN) from the parents of all processes.
 * @returns an empty list when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_tid_children.5.html
 */
export function childProcesses(pid: number): number[] {
  if (!hasProc()) throw notSupported(NO_PROC);
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((tid) => numbers(readProc(`${pid}/task/${tid}/children`)));
  } catch {
    return allProcesses().filter((candidate) => Number(statFields(candidate)?.[FIELD.parent]) === pid);
  }
}

/**
 * The processes of a session, by its leader's pid. The kernel does not reuse that pid while the session has a process.
 * @returns an empty list without /proc
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
export function processesOfSession(leader: number): number[] {
  if (!hasProc()) return [];
  return allProcesses().filter((pid) => Number(statFields(pid)?.[FIELD.session]) === leader);
}

/**
 * Whether a process group has a process, zombies apart.
 * @returns `false` without /proc
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
export function groupIsAlive(group: number): boolean {
  if (!hasProc()) return false;
  const isMember = (pid: number) => Number(statFields(pid)?.[FIELD.group]) === group && processIsAlive(pid);
  return allProcesses().some(isMember);
}

/**
 * The pids of all processes that this one sees.
 * @throws {NodeJS.ErrnoException} `ENOENT` without /proc
 */
export function allProcesses(): number[] {
  return numbers(readdirSync('/proc').join(' '));
}

function numbers(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => /^[1-9][0-9]*$/.test(word))
    .map(Number);
}
