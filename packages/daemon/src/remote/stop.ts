import type { PidLockFile } from '@daemonium/core';
import type { ProcessHandle } from '@daemonium/core/posix';
import { processPlace } from '@daemonium/core/start';
import { NotRunningError, StopTimeoutError } from '../errors.ts';
import { AFTER_SIGKILL_MS } from '../internal/after-sigkill.ts';
import { core } from '../internal/core.ts';
import { removeLeftFiles } from '../sockets/left-files.ts';
import { beganBefore } from './began-before.ts';
import { type HeldDaemon, openDaemon, send } from './find.ts';
import type { Target } from './target.ts';
import { hasEnded, LAST_CHANCE_MS, waitForEnd } from './wait-for-end.ts';

/** Options of `stop()` and `restart()`. */
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
  /** Pid of the daemon that has ended. */
  readonly pid: number;
  /** The signal that it took in the end. */
  readonly signal: NodeJS.Signals;
  /** SIGKILL was needed. */
  readonly forced: boolean;
}

/** Between two tries to kill a process that a shell had just started. */
const AGAIN_MS = 100;

/** @param patience how long the daemon may take, in ms */
export async function stopDaemon(target: Target, patience: number): Promise<StopResult> {
  using held = openOrTidyUp(target);
  const succeeded = successionSince(target.lock, held.last.pid);
  const result = await stopHeld(target, held, patience);
  if (!succeeded()) return result;
  // The signal came too late to undo an upgrade.
  return stopDaemon(target, patience).catch((error: unknown) => {
    if (error instanceof NotRunningError) return result;
    throw error;
  });
}

/**
 * Tells later whether `pid` has been succeeded: another process, which was there already at this call, then has the lock, and the lock has
 * not been free in between.
 */
function successionSince(lock: PidLockFile | null, pid: number): () => boolean {
  if (lock === null) return () => false;
  const { path } = lock;
  const taker = core().lockTaker(path, pid);
  const now = core().bootClock();
  return () => {
    const standing = core().standingOf(path);
    if (taker === null || typeof standing === 'string') return false;
    const successor = (standing.shell ?? standing.daemon)?.pid;
    return successor !== undefined && core().lockTaker(path, successor) === taker && beganBefore(successor, now);
  };
}

async function stopHeld(target: Target, held: HeldDaemon, patience: number): Promise<StopResult> {
  const { lock } = target;
  // The shell passes it on, and starts nothing more.
  send(held.last, 'SIGTERM');
  const { pid } = held.daemon ?? held.last;
  if (await haveEnded(lock, held, patience + LAST_CHANCE_MS)) return ended(target, { pid, signal: 'SIGTERM', forced: false });
  const forced = kill(held);
  if (await haveEnded(lock, held, forced && held.shell === null ? AFTER_SIGKILL_MS : 0))
    return ended(target, { pid, signal: forced ? 'SIGKILL' : 'SIGTERM', forced });
  if (held.shell !== null && (await killRest(target, held))) return ended(target, { pid, signal: 'SIGKILL', forced: true });
  throw new StopTimeoutError(stillThere(lock?.path ?? null, pid, hasEnded(held.daemon ?? held.last)), pid);
}

async function haveEnded(lock: PidLockFile | null, { shell, daemon }: HeldDaemon, timeout: number): Promise<boolean> {
  const deadline = performance.now() + timeout;
  for (const handle of [shell, daemon]) {
    if (handle !== null && !(await waitForEnd(lock, handle, Math.max(0, deadline - performance.now())))) return false;
  }
  return true;
}

/** The daemon first: the shell might not know yet that it is not to be started again. @returns whether that was needed */
function kill({ shell, daemon }: HeldDaemon): boolean {
  const living = [daemon, shell].filter((handle) => handle !== null && !hasEnded(handle));
  const pausing = shell === null ? [] : core().childProcesses(shell.pid);
  const sent = living.filter((handle) => send(handle as ProcessHandle, 'SIGKILL'));
  for (const pid of pausing) killOrphan(pid, shell?.pid ?? 0);
  return sent.length > 0;
}

/** A pause of a shell that was killed, which would last to its end. */
function killOrphan(pid: number, session: number): void {
  if (processPlace(pid)?.session !== session) return;
  const handle = tryOpen(pid);
  // Looked at again, now that the pid cannot be another process's any more.
  if (handle !== null && processPlace(pid)?.session === session) send(handle, 'SIGKILL');
  handle?.close();
}

function tryOpen(pid: number): ProcessHandle | null {
  try {
    return core().openProcess(pid);
  } catch {
    return null;
  }
}

/** A shell may have started another child right before it was killed: look again, and kill that too. */
async function killRest(target: Target, held: HeldDaemon): Promise<boolean> {
  for (let tries = AFTER_SIGKILL_MS / AGAIN_MS; tries > 0; tries--) {
    if (await haveEnded(target.lock, held, AGAIN_MS)) return true;
    try {
      using rest = openDaemon(target);
      kill(rest);
    } catch (error) {
      if (!(error instanceof NotRunningError)) throw error;
    }
  }
  return false;
}

function ended(target: Target, result: StopResult): StopResult {
  removeFilesOf(target);
  return result;
}

/** A daemon that has ended without a stop may have left its files, too. */
function openOrTidyUp(target: Target): HeldDaemon {
  try {
    return openDaemon(target);
  } catch (error) {
    if (error instanceof NotRunningError) removeFilesOf(target);
    throw error;
  }
}

function removeFilesOf({ lock, facts: { given } }: Target): void {
  if (lock !== null) removeLeftFiles(lock.path, given);
}

/** `restart()` calls this first. */
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

/**
 * SIGKILL waits for a process that is frozen by a cgroup of version 1 (in one of version 2 it does not), or in a system call which nothing interrupts.
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
export function stillThere(path: string | null, pid: number, hasEnded: boolean): string {
  if (!hasEnded)
    return `Process ${pid} did not end, although it was sent SIGKILL: it is frozen (see freezer.state of its cgroup), or waits for a device; the signal is pending`;
  return `The lock of '${path}' is still held, although process ${pid} has ended: another process has the descriptor, a child that inherited it or one that it was sent to`;
}
