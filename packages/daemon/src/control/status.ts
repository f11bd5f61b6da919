import { proveHolder, startedAt } from '@daemonium/core/handover';
import type { Context } from '../context.ts';

/** Whether a daemon runs; `pid` and `since` only when they are proved. */
export interface DaemonStatus {
  readonly running: boolean;
  readonly pid: number | null;
  /** When its process began. */
  readonly since: Date | null;
}

const STOPPED: DaemonStatus = { running: false, pid: null, since: null };

export function statusNow(context: Context): DaemonStatus {
  const lock = context.lock();
  if (lock === null) return isStartedHere(context) ? { running: true, pid: context.pid, since: context.since } : STOPPED;
  const holder = proveHolder(lock.path);
  if (typeof holder !== 'string') return { running: true, pid: holder.pid, since: holder.since };
  // Somebody holds it whom nothing proves to be the daemon.
  return holder === 'unproved' || holder === 'insecure' ? { running: lockedByAnyone(lock), pid: null, since: null } : STOPPED;
}

function lockedByAnyone(lock: NonNullable<ReturnType<Context['lock']>>): boolean {
  try {
    return lock.isActive();
  } catch {
    return false;
  }
}

/** Whether the process that this object started still runs: the same pid, begun at the same moment. */
export function isStartedHere({ pid, since }: Context): boolean {
  return pid !== null && since !== null && startedAt(pid)?.getTime() === since.getTime();
}
