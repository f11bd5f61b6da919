import { processStartTicks } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { beganBefore } from './began-before.ts';

/** Facts about a daemon that has dropped root, as the caller of `upgrade()` knows them. */
export interface Predecessor {
  readonly previous: number;
  /** Of the process that the pid file names: with `respawn` the shell, without it the daemon. */
  readonly executable: string | null;
  /** Time of the request for a successor, in ms since boot. */
  readonly since: number;
}

/**
 * Why a process is not the successor that a daemon without root's rights says it is. It must have the daemon's user in all four ids and the
 * daemon's executable, and have begun after the request. Its lock is proved where the file is written.
 * @returns `null`: it is the successor
 */
export function successorFault(pid: number, { previous, executable, since }: Predecessor): string | null {
  // Another process sends it, which may send a path.
  if (!core().isPid(pid)) return 'that is no pid';
  if (processStartTicks(pid) === null) return 'there is no such process';
  if (beganBefore(pid, since)) return 'it was there before it was asked for';
  const [mine, daemons] = [core().processUids(pid), core().processUids(previous)];
  if (mine === null || daemons === null || mine.join() !== daemons.join())
    return `its user ids are ${mine?.join(' ')}, and the daemon's ${daemons?.join(' ')}`;
  return executable !== null && core().processExecutable(pid) === executable ? null : 'it is another program';
}
