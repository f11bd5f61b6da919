import { existsSync, readdirSync } from 'node:fs';
import { hasCode } from './call.ts';
import { notSupported } from './platform.ts';
import { readProc } from './proc-file.ts';
import { NO_PROC, statFields } from './process-stat.ts';

/** Whether there is a /proc that tells of processes. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/**
 * `R` running, `S` sleeping, `D` in the disk, `Z` zombie, `T` stopped, ...
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processState(pid: number): string | null {
  return statFields(pid)?.[0] ?? null;
}

/**
 * Whether there is such a process, if only as a zombie. One that may not be signalled is one, too.
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
 * Whether a process is on its way out: it shows no open files any more, and may still hold their locks. A zombie with a living thread is; one
 * without holds nothing.
 * @returns `false` when there is no such process, or no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html the fields state, flags, num_threads
 */
export function processIsExiting(pid: number): boolean {
  if (!hasProc()) return false;
  const fields = statFields(pid);
  if (fields === null) return false;
  const [state, flags, threads] = [fields[0], Number(fields[6]), Number(fields[17])];
  return (flags & EXITING) !== 0 && ((state !== 'Z' && state !== 'X') || threads > 1);
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
    return numbers(readdirSync('/proc').join(' ')).filter((candidate) => Number(statFields(candidate)?.[1]) === pid);
  }
}

/**
 * The processes of a session, by its leader's pid. The kernel does not reuse that pid while the session has a process.
 * @returns an empty list without /proc
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
export function processesOfSession(leader: number): number[] {
  if (!hasProc()) return [];
  return numbers(readdirSync('/proc').join(' ')).filter((pid) => Number(statFields(pid)?.[3]) === leader);
}

function numbers(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => /^[1-9][0-9]*$/.test(word))
    .map(Number);
}
