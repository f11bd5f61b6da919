import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { uptime } from './host.ts';
import { processStartTime } from './processes.ts';

/** Clock ticks of /proc, USER_HZ: 100 on every architecture Node runs on. */
const MS_PER_TICK = 10;

/**
 * When a process started, by the wall clock, to some hundredths of a second.
 * @returns `null` when there is none, or no /proc to tell
 */
export function processStarted(pid: number): Date | null {
  const up = uptime();
  const ticks = up === null ? null : processStartTime(pid);
  return ticks === null || up === null ? null : new Date(Math.round(Date.now() - up + ticks * MS_PER_TICK));
}

/**
 * The effective uid of a process.
 * @returns `null` when there is none, or no /proc to tell
 */
export function processOwner(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}

/** Whether a process runs this process's executable with `script` among its arguments. `false` when that cannot be seen. */
export function runsProgram(pid: number, script: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false;
    const wanted = realpathSync(script);
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    const [, ...argv] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
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
