import { uptime } from './host.ts';
import { readProc } from './proc-file.ts';
import { FIELD, MS_PER_TICK, statFields } from './process-stat.ts';

/** Resources that a process uses. */
export interface ProcessUsage {
  /** Percent of one core, since the process began. */
  readonly cpu: number;
  /** Resident, in bytes. */
  readonly memory: number;
}

/**
 * The use of processor and memory by a process.
 * @returns `null` when there is none, or no /proc to tell
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html utime, stime, starttime; proc_pid_status(5) has VmRSS in kB, and no page size is needed
 */
export function processUsage(pid: number): ProcessUsage | null {
  try {
    const fields = statFields(pid);
    const up = uptime();
    const resident = /^VmRSS:\s+([0-9]+) kB$/m.exec(readProc(`${pid}/status`))?.[1];
    if (fields === null || up === null || resident === undefined) return null;
    const ticks = (index: number) => Number(fields[index]) * MS_PER_TICK;
    const lived = Math.max(MS_PER_TICK, up - ticks(FIELD.startTime));
    return { cpu: (100 * (ticks(FIELD.userTime) + ticks(FIELD.systemTime))) / lived, memory: Number(resident) * 1024 };
  } catch {
    return null;
  }
}
