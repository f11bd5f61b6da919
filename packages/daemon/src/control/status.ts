import { startedAt } from '@daemonium/core/start';
import type { Context } from '../context.ts';
import { core } from '../wire/core.ts';
import { isStartedHere } from './started-here.ts';

/** Whether a daemon runs; `pid` and `since` only when they are proved. */
export interface DaemonStatus {
  readonly running: boolean;
  readonly pid: number | null;
  /** When its process began. */
  readonly since: Date | null;
}

const STOPPED: DaemonStatus = { running: false, pid: null, since: null };

/** Never throws: of what cannot be looked at nothing is known to run. */
export function statusNow(context: Context): DaemonStatus {
  try {
    return look(context);
  } catch {
    return STOPPED;
  }
}

function look(context: Context): DaemonStatus {
  const lock = context.lock();
  if (lock === null) return withoutPidFile(context);
  const holder = core().proveHolder(lock.path);
  if (typeof holder !== 'string') return { running: true, pid: holder.pid, since: holder.since };
  // Somebody holds it whom nothing proves to be the daemon.
  return { running: holder === 'unproved' || (holder === 'insecure' && lock.isActive()), pid: null, since: null };
}

function withoutPidFile(context: Context): DaemonStatus {
  if (context.role !== 'launcher') return { running: true, pid: process.pid, since: startedAt(process.pid) };
  return isStartedHere(context) ? { running: true, pid: context.pid, since: context.since } : STOPPED;
}
