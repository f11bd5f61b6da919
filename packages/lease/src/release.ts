import { bootClock } from '@daemonium/core/posix';
import type { LeaseEngine, Reign } from './engine.ts';
import { LeaseFailedError } from './errors.ts';
import { pause, within } from './within.ts';

/** An engine that is away holds up a process that wants to end for no longer: the reign ends by itself. In ms. */
const LONGEST_RELEASE_MS = 3_000;
/** Retry interval, in ms: a closed connection must not make the next process wait. */
const RETRY_MS = 50;

/**
 * Tells the engine that a reign is over, and tries again until it has heard.
 * @returns whether the reign stood until now
 * @throws {LeaseFailedError} it cannot be told; the reign ends by itself
 */
export async function release(key: string, engine: LeaseEngine, reign: Reign, patience: number): Promise<boolean> {
  const end = bootClock() + Math.min(patience, LONGEST_RELEASE_MS);
  for (;;) {
    const left = Math.max(1, end - bootClock());
    try {
      return await within(engine.drop(key, reign, left), left);
    } catch (error) {
      if (bootClock() + RETRY_MS >= end) throw new LeaseFailedError(key, 'release', error);
    }
    await pause(RETRY_MS);
  }
}
