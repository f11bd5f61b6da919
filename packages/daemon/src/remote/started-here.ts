import type { ProcessHandle } from '@daemonium/core/posix';
import { processStillRuns } from '@daemonium/core/start';
import type { ProcessIdentity } from '../definition/start-outcome.ts';
import { NotRunningError } from '../errors.ts';
import { core } from '../internal/core.ts';

/** Whether a process that was started here still runs: the same pid, begun at the same moment, and not a zombie. */
export function isStartedHere(started: ProcessIdentity | null): boolean {
  return started !== null && started.startTicks !== null && processStillRuns(started.pid, started.startTicks);
}

/**
 * The daemon that was started here, when there is no pid file to find it by. It is opened first and then looked at, so that a process which
 * was given its pid later is not meant.
 * @throws {NotRunningError} it has ended, or was started by another process
 */
export function openStarted(started: ProcessIdentity | null): ProcessHandle {
  if (started === null) {
    throw new NotRunningError(
      'No signal was sent: the daemon has no pid file, and this object has not started it. With the option pidFile any process can find it',
    );
  }
  const handle = tryOpen(started.pid);
  if (handle !== null && (started.pid === process.pid || isStartedHere(started))) return handle;
  handle?.close();
  throw new NotRunningError(`No signal was sent: the daemon that was started here, pid ${started.pid}, has ended`);
}

function tryOpen(pid: number): ProcessHandle | null {
  try {
    return core().openProcess(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    throw error;
  }
}
