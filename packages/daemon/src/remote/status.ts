import type { PidLockFile } from '@daemonium/core';
import { core } from '../internal/core.ts';
import { type LeaseStatus, leaseStatusOf } from './lease-status.ts';
import { isStartedHere } from './started-here.ts';
import type { Target } from './target.ts';

/** Whether a daemon runs; pids and `since` only when they are proved. */
export interface DaemonStatus {
  /** The daemon runs, or waits to be started again. */
  readonly running: boolean;
  /** Pid of the daemon; `null` while it waits, and when it is not proved. */
  readonly pid: number | null;
  /** When its process began; `null` without a proved pid. */
  readonly since: Date | null;
  /** `'standby'`: it runs, and another process leads (`lease`). `'waiting'`: it has crashed, and is about to be started again (`respawn`). */
  readonly state: 'running' | 'standby' | 'waiting' | 'stopped';
  /** Pid of the shell that starts it again; `null` without `respawn`, or when the shell was killed. */
  readonly supervisor: number | null;
  /** How often it was started again since its start; `null` without `respawn`. This number, `lastExit` and `nextTry` are the shell's word in the state file. */
  readonly restarts: number | null;
  /** End of the last run: its exit code (0 to 255), or the signal that ended it. `null`: no run has ended, or its end was not seen. */
  readonly lastExit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null;
  /** When it is started again; `null` unless it waits. */
  readonly nextTry: Date | null;
  /**
   * The lease of a daemon with the option `lease`, from its own record in the state file. `null` without the option, and before the daemon
   * has asked for the lease.
   */
  readonly lease: LeaseStatus | null;
}

/** The status if no daemon is known to run. */
export const STOPPED: DaemonStatus = {
  running: false,
  pid: null,
  since: null,
  state: 'stopped',
  supervisor: null,
  restarts: null,
  lastExit: null,
  nextTry: null,
  lease: null,
};

/** Never throws: a daemon that cannot be examined counts as not running. */
export function statusOf(target: Target): DaemonStatus {
  try {
    return look(target);
  } catch {
    return STOPPED;
  }
}

function look({ lock, process }: Target): DaemonStatus {
  if (lock === null) {
    return process !== null && isStartedHere(process) ? running({ pid: process.pid, since: process.since }) : STOPPED;
  }
  const standing = core().standingOf(lock.path);
  if (typeof standing !== 'string') {
    const { shell, daemon } = standing;
    const lease = daemon === null ? null : leaseStatusOf(lock.path, daemon.pid);
    const now = { ...running(daemon), lease, ...(lease?.state === 'standby' ? { state: lease.state } : {}) };
    if (shell === null && daemon !== null) return now;
    const supervised = { ...now, ...respawnRecordOf(lock), supervisor: shell?.pid ?? null };
    return daemon === null ? { ...supervised, state: 'waiting' } : { ...supervised, nextTry: null };
  }
  // A process holds the lock, but nothing proves that it is the daemon.
  if (standing === 'unproved' || (standing === 'insecure' && lock.isActive())) return running(null);
  return { ...STOPPED, ...respawnRecordOf(lock), nextTry: null };
}

function running(process: Pick<DaemonStatus, 'pid' | 'since'> | null): DaemonStatus {
  return { ...STOPPED, running: true, state: 'running', pid: process?.pid ?? null, since: process?.since ?? null };
}

/** The shell's record in the state file. */
function respawnRecordOf({ path }: PidLockFile): Pick<DaemonStatus, 'restarts' | 'lastExit' | 'nextTry'> {
  const { restarts = null, lastExit = null, nextTry = null } = core().readRespawnRecord(path) ?? {};
  return { restarts, lastExit, nextTry };
}
