import { core } from '../internal/core.ts';
import { isStartedHere } from './started-here.ts';
import type { Target } from './target.ts';

/** Whether a daemon runs; `pid` and `since` only when they are proved. */
export interface DaemonStatus {
  readonly running: boolean;
  readonly pid: number | null;
  /** When its process began. */
  readonly since: Date | null;
}

const STOPPED: DaemonStatus = { running: false, pid: null, since: null };

/** Never throws: of what cannot be looked at nothing is known to run. */
export function statusOf(target: Target): DaemonStatus {
  try {
    return look(target);
  } catch {
    return STOPPED;
  }
}

function look({ lock, process }: Target): DaemonStatus {
  if (lock === null) {
    return process !== null && isStartedHere(process) ? { running: true, pid: process.pid, since: process.since } : STOPPED;
  }
  const holder = core().proveHolder(lock.path);
  if (typeof holder !== 'string') return { running: true, pid: holder.pid, since: holder.since };
  // Somebody holds it whom nothing proves to be the daemon.
  return { running: holder === 'unproved' || (holder === 'insecure' && lock.isActive()), pid: null, since: null };
}
