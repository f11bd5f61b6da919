import { uptime } from './host.ts';
import { readProc } from './proc-file.ts';
import { FIELD, MS_PER_TICK, statFields } from './process-stat.ts';

/**
 * When the process started, in clock ticks (1/100 s) after boot. With the pid it names one process for as long as the machine runs.
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processStartTicks(pid: number): number | null {
  const ticks = statFields(pid)?.[FIELD.startTime];
  return ticks === undefined ? null : Number(ticks);
}

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
export function processStartDate(pid: number): Date | null {
  const boot = bootTime();
  const ticks = boot === null ? null : processStartTicks(pid);
  return ticks === null || boot === null ? null : new Date(boot + ticks * MS_PER_TICK);
}

/**
 * How long ago a process started, in ms, to some hundredths of a second.
 * @returns `null` when there is none, or no /proc to tell
 */
export function processAge(pid: number): number | null {
  const up = uptime();
  const ticks = up === null ? null : processStartTicks(pid);
  return ticks === null || up === null ? null : up - ticks * MS_PER_TICK;
}
