import type { PidLockFile } from '@daemonium/core';
import type { ProcessHandle } from '@daemonium/core/posix';
import { processHasEnded } from '@daemonium/core/start';
import { core } from '../internal/core.ts';

/** Added to a time-out, in ms: a daemon that ends itself exactly at its own limit has ended in time. */
export const LAST_CHANCE_MS = 500;
/** Between two looks at a process; the lock of one is watched more closely. */
const POLL_MS = 5;
/** How often a lock that stays held is looked at for having changed hands. */
const CHANGED_HANDS_MS = 50;

/**
 * Waits until a daemon has ended: its lock is free, and its process gone. The lock alone is not enough, a process that has let go of it may
 * still have its port; the process alone is not, because a child may go on with the lock.
 * @param daemon the process; `null` when it is not known, and the lock is all there is
 * @returns `false` when the time, in ms, is over
 */
export async function waitForEnd(lock: PidLockFile | null, daemon: ProcessHandle | null, timeout: number): Promise<boolean> {
  const deadline = performance.now() + timeout;
  if (lock !== null && !(await lockIsFree(lock.path, daemon, deadline))) return false;
  while (daemon !== null && !hasEnded(daemon)) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

async function lockIsFree(path: string, daemon: ProcessHandle | null, deadline: number): Promise<boolean> {
  for (;;) {
    const left = Math.max(0, deadline - performance.now());
    if (await core().waitUntilFree(path, { timeout: Math.min(left, CHANGED_HANDS_MS) })) return true;
    // Our daemon has ended, but a process is proved to hold the lock: the next daemon has been started meanwhile.
    if (daemon !== null && hasEnded(daemon) && typeof core().proveHolder(path) !== 'string') return true;
    if (left === 0) return false;
  }
}

/** A zombie has ended, even if its parent has not reaped it yet. */
export function hasEnded(daemon: ProcessHandle): boolean {
  try {
    daemon.signal(0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  return processHasEnded(daemon.pid);
}
