import { NotRunningError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { openStarted } from './started-here.ts';
import type { Target } from './target.ts';
import { waitForEnd } from './wait-for-end.ts';

/** Waits until the daemon has ended. @param timeout in ms @returns `false` when the time is over */
export async function waitForDaemon(target: Target, timeout: number): Promise<boolean> {
  const daemon = openRunning(target);
  try {
    return (daemon === null && target.lock === null) || (await waitForEnd(target.lock, daemon, timeout));
  } finally {
    daemon?.close();
  }
}

function openRunning({ lock, process }: Target) {
  if (lock !== null) {
    const holder = core().openHolder(lock.path);
    return typeof holder === 'string' ? null : holder;
  }
  try {
    return openStarted(process);
  } catch (error) {
    if (error instanceof NotRunningError) return null;
    throw error;
  }
}
