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
  return fields === null ? null : stateIn(fields);
}

function stateIn(fields: readonly string[]): string {
  const state = fields[FIELD.state] ?? '';
  const threads = Number(fields[FIELD.threads]);
  return state === 'Z' && threads > 1 ? 'R' : state;
}

const isEnd = (state: string): boolean => state === 'Z' || state === 'X';

/**
 * Whether a process has ended: there is none, or only a zombie, which holds nothing any more, reaped or not.
 * @throws {Error} `ERR_PLATFORM` without /proc
 */
export function processHasEnded(pid: number): boolean {
  const state = processState(pid);
  return state === null || isEnd(state);
}

/**
 * Whether a process that was started at `startTicks` still runs: its pid may have gone to another one since.
 * @throws {Error} `ERR_PLATFORM` without /proc
 */
export function processStillRuns(pid: number, startTicks: number): boolean {
  const fields = statFields(pid);
  return fields !== null && Number(fields[FIELD.startTime]) === startTicks && !isEnd(stateIn(fields));
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

/** PF_EXITING of the kernel's include/linux/sched.h. */
const EXITING = 0x4;

/**
 * `exiting`: the process is on its way out. It shows no open files any more, and may still hold their locks. `ended`: there is none, or only
 * a zombie, which holds nothing.
 */
export type ProcessLife = 'alive' | 'exiting' | 'ended';

/**
 * How far a process is, by one look: of two looks, the first may see it alive, and the second no process on its way out any more.
 * @returns never `exiting` where there is no /proc, or where the process is hidden there (hidepid)
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html the fields state and flags
 */
export function processLife(pid: number): ProcessLife {
  const fields = hasProc() ? statFields(pid) : null;
  if (fields === null) return processExists(pid) ? 'alive' : 'ended';
  if (isEnd(stateIn(fields))) return 'ended';
  return (Number(fields[FIELD.flags]) & EXITING) === 0 ? 'alive' : 'exiting';
}

/** Whether there is such a process, and not only a zombie of it, which holds nothing any more. */
export function processIsAlive(pid: number): boolean {
  return processLife(pid) !== 'ended';
}

/** How long to wait for a process on its way out, in ms: mostly microseconds, or as long as one of its threads waits for a processor. */
export const LONGEST_EXIT_MS = 1000;

/** Whether a process has ended, or is on its way out. */
export function processIsEnding(pid: number): boolean {
  return processLife(pid) !== 'alive';
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
