import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { uptime } from './host.ts';
import { readProc } from './proc-file.ts';
import { processStartTime } from './processes.ts';

/** Clock ticks of /proc, USER_HZ: 100 on every architecture Node runs on. */
const MS_PER_TICK = 10;

/** What two looks at the uptime, which has hundredths of a second, and at the clock may differ by. Beyond it the clock has been set. In ms. */
const IMPRECISION = 50;

let booted = 0;

/** When the machine was started, by the wall clock: the same at every call, as long as nobody sets the clock. */
function bootTime(): number | null {
  const up = uptime();
  if (up === null) return null;
  const now = Date.now() - up;
  if (Math.abs(now - booted) > IMPRECISION) booted = now;
  return booted;
}

/**
 * When a process started, by the wall clock, to some hundredths of a second; in this process the same for one pid at every call.
 * @returns `null` when there is none, or no /proc to tell
 */
export function processStarted(pid: number): Date | null {
  const boot = bootTime();
  const ticks = boot === null ? null : processStartTime(pid);
  return ticks === null || boot === null ? null : new Date(Math.round(boot + ticks * MS_PER_TICK));
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
