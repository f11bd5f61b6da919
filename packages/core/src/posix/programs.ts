import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { uptime } from './host.ts';
import { readProc } from './proc-file.ts';
import { processStartTime } from './processes.ts';

/** Clock ticks of /proc, USER_HZ: 100 on every architecture Node runs on. */
const MS_PER_TICK = 10;

/**
 * When the machine was started, by the wall clock, in ms: to the second, and the same for every process that asks. Clock minus uptime would be
 * more exact, and another one at each call.
 * @see https://man7.org/linux/man-pages/man5/proc_stat.5.html
 */
function bootTime(): number | null {
  try {
    const seconds = /^btime ([0-9]+)$/m.exec(readProc('stat'))?.[1];
    return seconds === undefined ? null : Number(seconds) * 1000;
  } catch {
    return null;
  }
}

/**
 * Start time of a process, by the wall clock. Every caller gets the same value until the clock is set. Up to a second early, as in ps(1).
 * @returns `null` if there is no such process, or no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processStarted(pid: number): Date | null {
  const boot = bootTime();
  const ticks = boot === null ? null : processStartTime(pid);
  return ticks === null || boot === null ? null : new Date(boot + ticks * MS_PER_TICK);
}

/**
 * How long ago a process started, in ms, to some hundredths of a second.
 * @returns `null` when there is none, or no /proc to tell
 */
export function processAge(pid: number): number | null {
  const up = uptime();
  const ticks = up === null ? null : processStartTime(pid);
  return ticks === null || up === null ? null : up - ticks * MS_PER_TICK;
}

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

/** The kernel appends this to the path of a file that has been removed or replaced. */
const REPLACED = / \(deleted\)$/;

/** The path of a process's executable, as it was executed; `null` when that cannot be seen. */
export function processExecutable(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(REPLACED, '');
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

/**
 * Whether a process runs this process's executable with `script` among its arguments.
 * @returns `false` when that cannot be seen
 * @see https://man7.org/linux/man-pages/man5/proc_pid_exe.5.html
 */
export function runsProgram(pid: number, script: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false;
    const wanted = realpathSync(script);
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    const [, ...argv] = readProc(`${pid}/cmdline`).split('\0');
    return argv.some((argument) => argument !== '' && realpathOrNull(resolve(directory, argument)) === wanted);
  } catch {
    return false;
  }
}

function realpathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
