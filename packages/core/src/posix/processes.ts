import { existsSync, readdirSync } from 'node:fs';
import { hasCode } from './call.ts';
import { platform } from './platform.ts';
import { readProc } from './proc-file.ts';

/**
 * The fields of `/proc/PID/stat` from the third on. The second is the program's own choice and may hold blanks and brackets, so it ends at
 * the last `)`.
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function statFields(pid: number): string[] | null {
  try {
    const text = readProc(`${pid}/stat`);
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (platform() !== 'linux') throw noProc();
    if (hasCode(error, 'ENOENT', 'ESRCH')) return null;
    throw error;
  }
}

/** Whether there is a /proc that tells of processes. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

function noProc(): Error {
  return Object.assign(new Error(`Not supported on ${process.platform}: this is read from /proc`), { code: 'ERR_PLATFORM' });
}

/**
 * When the process started, in clock ticks (1/100 s) after boot. With the pid it names one process for as long as the machine runs.
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processStartTime(pid: number): number | null {
  const ticks = statFields(pid)?.[19];
  return ticks === undefined ? null : Number(ticks);
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

/**
 * The children of a process, zombies included, by the kernel's word: from `/proc/PID/task/TID/children` of its threads, and where the kernel has
 * none (CONFIG_PROC_CHILDREN) from the parents of all processes.
 * @returns an empty list when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_tid_children.5.html
 */
export function childProcesses(pid: number): number[] {
  if (!hasProc()) throw noProc();
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
