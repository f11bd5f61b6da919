import { NotRunningError, StopTimeoutError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { removeSocketFiles } from '../sockets/left-files.ts';
import { openDaemon, send } from './find.ts';
import type { Target } from './target.ts';
import { hasEnded, waitForEnd } from './wait-for-end.ts';

/** What `stop()` and `restart()` take. */
export interface StopOptions {
  /**
   * How long the daemon may take, in ms; `Infinity` waits for ever. It ends itself at its `stopTimeout`; SIGKILL comes 500 ms after `timeout`.
   * @default the option `stopTimeout`
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless a number from 0
   */
  readonly timeout?: number | undefined;
}

/** How a daemon was stopped. */
export interface StopResult {
  readonly pid: number;
  /** The signal that it took in the end. */
  readonly signal: NodeJS.Signals;
  /** SIGKILL was needed. */
  readonly forced: boolean;
}

/** So that a daemon which ends itself when its time is over still can. */
const LAST_CHANCE_MS = 500;
/** A killed process is gone in milliseconds, unless its memory is large or its disk hangs. */
const AFTER_SIGKILL_MS = 5_000;

/** @param patience how long the daemon may take, in ms */
export async function stopDaemon(target: Target, patience: number): Promise<StopResult> {
  const daemon = openDaemon(target);
  const { lock } = target;
  const { pid } = daemon;
  try {
    send(daemon, 'SIGTERM');
    if (await waitForEnd(lock, daemon, patience + LAST_CHANCE_MS)) return ended(target, { pid, signal: 'SIGTERM', forced: false });
    const forced = !hasEnded(daemon) && send(daemon, 'SIGKILL');
    if (await waitForEnd(lock, daemon, forced ? AFTER_SIGKILL_MS : 0))
      return ended(target, { pid, signal: forced ? 'SIGKILL' : 'SIGTERM', forced });
    throw new StopTimeoutError(stillThere(lock?.path ?? null, pid, hasEnded(daemon)), pid);
  } finally {
    daemon.close();
  }
}

/** A daemon that was killed, or has lost the right to remove its files, has left them. */
function ended({ lock, facts: { given } }: Target, result: StopResult): StopResult {
  if (lock !== null) core().removeStale(lock.path, () => removeSocketFiles(lock.path, given));
  return result;
}

/** What `restart()` does first. */
export async function stopIfRunning(target: Target, patience: number): Promise<void> {
  // A lock that this object has taken already is the start's.
  if (target.lock?.isLocked() === true) return;
  try {
    await stopDaemon(target, patience);
  } catch (error) {
    // A holder that is not proved to be the daemon still holds the lock, and the start would fail with less to say.
    if (!(error instanceof NotRunningError && error.code === 'ERR_NOT_RUNNING')) throw error;
  }
}

/** SIGKILL waits for a process whose cgroup is frozen, or that is in a system call which nothing interrupts. */
export function stillThere(path: string | null, pid: number, hasEnded: boolean): string {
  if (!hasEnded)
    return `Process ${pid} did not end, although it was sent SIGKILL: it is frozen (see cgroup.freeze of its cgroup), or waits for a device; the signal is pending`;
  return `The lock of '${path}' is still held, although process ${pid} has ended: another process has the descriptor, a child that inherited it or one that it was sent to`;
}
