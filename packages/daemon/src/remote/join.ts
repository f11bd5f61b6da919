import { NotRunningError } from '../errors.ts';
import { type HeldDaemon, openDaemon } from './find.ts';
import type { Target } from './target.ts';
import { waitForEnd } from './wait-for-end.ts';

/** Waits until the daemon has ended, and is not started again. @param timeout in ms @returns `false` when the time is over */
export async function waitForDaemon(target: Target, timeout: number): Promise<boolean> {
  using held = openRunning(target);
  return (held === null && target.lock === null) || (await waitForEnd(target.lock, held?.last ?? null, timeout));
}

function openRunning(target: Target): HeldDaemon | null {
  try {
    return openDaemon(target);
  } catch (error) {
    if (error instanceof NotRunningError) return null;
    throw error;
  }
}
