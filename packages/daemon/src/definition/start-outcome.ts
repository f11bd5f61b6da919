import { processStartDate, processStartTicks } from '@daemonium/core/start';

/** A process, and no later one with the same pid: `startTicks` is its start in clock ticks since boot, which setting the clock does not change. */
export interface ProcessIdentity {
  readonly pid: number;
  /** `null` where /proc does not tell. */
  readonly startTicks: number | null;
  /** When the process began. */
  readonly since: Date | null;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: processStartTicks(pid), since: processStartDate(pid) };
}

/** How a daemon ended soon after its start. Without a report of its own, after SIGKILL, it is not known. */
export interface EarlyEnd {
  readonly exitCode: number | null;
  /** The error that it ended by. */
  readonly error: Error | null;
}

/** The daemon that a launcher has started, and its output until it was ready. */
export interface StartedDaemon extends ProcessIdentity {
  readonly kind: 'started';
  /** The shell that starts it again, with `respawn`. */
  readonly supervisor: ProcessIdentity | null;
  /** Settles if the daemon ends soon; `null` unless the start was asked to look. */
  readonly earlyEnd: Promise<EarlyEnd> | null;
  readonly output: string;
  readonly error: string;
}

/** A start that came to nothing. */
export interface FailedStart {
  readonly kind: 'failed';
  readonly failure: unknown;
  readonly output: string;
  readonly error: string;
}
