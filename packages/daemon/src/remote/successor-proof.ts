import { readFileSync, readlinkSync } from 'node:fs';
import { processStartTime } from '@daemonium/core/start';

/** Clock ticks of /proc a second, USER_HZ. */
const TICK_MS = 10;
/** What the kernel appends to the path of an executable that has been replaced since. */
const REPLACED = / \(deleted\)$/;

/**
 * Why a process is not what a dropped daemon says it is, its own successor: it must run as the daemon's user in all four ids, with the daemon's
 * executable, and have begun after the request. That it holds the lock is proved where the file is written.
 * @param known `since`: when it was asked for, in ms since boot
 * @returns `null`: it is
 */
export function successorFault(
  pid: number,
  known: { readonly previous: number; readonly executable: string; readonly since: number },
): string | null {
  try {
    const began = processStartTime(pid);
    if (began === null || (began + 1) * TICK_MS < known.since) return 'it was there before it was asked for';
    const [mine, daemons] = [uidsOf(pid), uidsOf(known.previous)];
    if (mine === '' || mine !== daemons) return `its user ids are ${mine}, and the daemon's ${daemons}`;
    if (withoutMark(readlinkSync(`/proc/${pid}/exe`)) !== withoutMark(known.executable)) return 'it is another program';
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function uidsOf(pid: number): string {
  return /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';
}

function withoutMark(path: string): string {
  return path.replace(REPLACED, '');
}
