import type { ProcessHandle } from '@daemonium/core/posix';
import { processStartTime, processState } from '@daemonium/core/start';
import type { Context } from '../context.ts';
import { NotRunningError } from '../errors.ts';
import { core } from '../wire/core.ts';

/** Whether the process that this object started still runs: the same pid, begun at the same moment, and not a zombie. */
export function isStartedHere({ pid, startTime }: Context): boolean {
  return pid !== null && startTime !== null && processStartTime(pid) === startTime && !isDead(pid);
}

/** A zombie holds nothing any more, whether or not somebody reaps it. */
export function isDead(pid: number): boolean {
  const state = processState(pid);
  return state === null || state === 'Z' || state === 'X';
}

/**
 * The daemon that this object started, when there is no pid file to find it by. It is held first and then looked at, so that a process which
 * was given its pid later is not meant.
 * @throws {NotRunningError} it has ended, or was started by another process
 */
export function holdStarted(context: Context): ProcessHandle {
  const pid = context.role === 'launcher' ? context.pid : process.pid;
  if (pid === null) {
    throw new NotRunningError(
      'Nobody to signal: the daemon has no pid file, and this object has not started it. With the option pidFile any process can find it',
    );
  }
  const handle = tryHold(pid);
  if (handle !== null && (pid === process.pid || isStartedHere(context))) return handle;
  handle?.close();
  throw new NotRunningError(`Nobody to signal: the daemon that was started here, pid ${pid}, has ended`);
}

function tryHold(pid: number): ProcessHandle | null {
  try {
    return core().holdProcess(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    throw error;
  }
}
