import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { uptime } from '../posix/host.ts';
import { processStartTime } from '../posix/processes.ts';
import { parseRecord, readText } from './record.ts';

/** Clock ticks of /proc, USER_HZ: 100 on every architecture Node runs on. */
const MS_PER_TICK = 10;
/** Both clocks are read in hundredths of a second. */
const SLACK_MS = 100;

/**
 * The live owner of an unlocked pid file, for `foreign: 'respect'`: a process of the same executable and main script that started before
 * the file was written. A pid alone proves nothing, it may have been given to another process since.
 */
export function foreignOwner(fd: number, writtenMs: number): number | null {
  const pid = parseRecord(readText(fd));
  if (pid === null || pid === process.pid) return null;
  try {
    const since = startedAt(pid);
    if (since === null || since.getTime() > writtenMs + SLACK_MS) return null;
    return sameProgram(pid) ? pid : null;
  } catch {
    // Gone meanwhile, another user's, or no /proc.
    return null;
  }
}

/** When a process started, by the wall clock. `null` when there is none, or no /proc to tell. */
export function startedAt(pid: number): Date | null {
  const ticks = processStartTime(pid);
  const up = uptime();
  return ticks === null || up === null ? null : new Date(Date.now() - up + ticks * MS_PER_TICK);
}

function sameProgram(pid: number): boolean {
  if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false;
  const script = process.argv[1];
  if (script === undefined) return false;
  const wanted = realpathSync(script);
  const directory = readlinkSync(`/proc/${pid}/cwd`);
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1);
  return argv.some((argument) => argument !== '' && realpathOrNull(resolve(directory, argument)) === wanted);
}

function realpathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
