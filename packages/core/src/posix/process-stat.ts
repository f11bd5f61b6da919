import { hasCode } from './call.ts';
import { notSupported, platform } from './platform.ts';
import { readProc } from './proc-file.ts';

/** Clock ticks of /proc, USER_HZ: 100 on every architecture Node runs on. */
export const MS_PER_TICK = 10;

/** Why a system without /proc is not supported. */
export const NO_PROC = 'this is read from /proc';

/** `/proc/PID/stat`: the name of the program, and the fields from the third on. */
export interface ProcessStat {
  readonly comm: string;
  readonly fields: readonly string[];
}

/** Places in {@link ProcessStat.fields}: proc_pid_stat(5) counts from 1, and the first two fields are not among these. */
export const FIELD = {
  state: 0,
  parent: 1,
  group: 2,
  session: 3,
  flags: 6,
  userTime: 11,
  systemTime: 12,
  threads: 17,
  startTime: 19,
} as const;

/**
 * The name in the second field is the program's own choice and may hold blanks and brackets, so it ends at the last `)`.
 * @throws {NodeJS.ErrnoException} `ENOENT`, `ESRCH`: there is no such process
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function readStat(pid: number): ProcessStat {
  const text = readProc(`${pid}/stat`);
  const end = text.lastIndexOf(')');
  return { comm: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') };
}

/**
 * The fields of `/proc/PID/stat` from the third on.
 * @returns `null` when there is no such process
 * @throws {Error} `ERR_PLATFORM` without /proc
 */
export function statFields(pid: number): readonly string[] | null {
  try {
    return readStat(pid).fields;
  } catch (error) {
    if (platform() !== 'linux') throw notSupported(NO_PROC);
    if (hasCode(error, 'ENOENT', 'ESRCH')) return null;
    throw error;
  }
}
