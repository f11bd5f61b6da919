import { DaemonError, NotRunningError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { openDaemon, send } from './find.ts';
import type { Target } from './target.ts';
import { LAST_CHANCE_MS, waitForEnd } from './wait-for-end.ts';

/** How a daemon stepped down. */
export interface StepDownResult {
  /** Pid of the process that has ended. */
  readonly pid: number;
  /** The fencing token of the reign that has ended. */
  readonly token: string;
}

/**
 * Has the daemon give its lease to the next: its `run()` settles, and its process ends with exit code 75.
 * @param patience how long it may take, in ms
 * @throws {NotRunningError} no process is proved to be the daemon
 * @throws {DaemonError} `ERR_NOT_LEADING`; `ERR_NOT_SUPERVISED`: nothing would start it again; `ERR_STEP_DOWN`: it has not ended in time
 */
export async function stepDownDaemon(target: Target, patience: number): Promise<StepDownResult> {
  using held = openDaemon(target);
  const { daemon } = held;
  if (daemon === null)
    throw new NotRunningError('The daemon has crashed, and waits to be started again: there is nothing to step down from');
  const { pid } = daemon;
  const { path } = target.lock ?? {};
  const record = path === undefined ? null : core().readLeaseRecord(path, pid);
  if (path === undefined || record === null || record.state !== 'leading' || record.token === null)
    throw new DaemonError(`The daemon, pid ${pid}, does not lead, so there is nothing to step down from`, { code: 'ERR_NOT_LEADING' });
  if (!record.comesBack) throw new DaemonError(REFUSED, { code: 'ERR_NOT_SUPERVISED' });
  core().addToStateOf(path, core().formatStepDown(record));
  send(daemon, 'SIGTERM');
  // The process alone: its supervisor may have taken the lock for the next one.
  if (!(await waitForEnd(null, daemon, patience + LAST_CHANCE_MS)))
    throw new DaemonError(`The daemon, pid ${pid}, has been asked to step down, and has not ended within ${patience} ms`, {
      code: 'ERR_STEP_DOWN',
    });
  return { pid, token: record.token };
}

const REFUSED =
  'Nothing would start this daemon again after it has stepped down: run it with the option respawn, or under a supervisor such as systemd; to end it for good use stop';
