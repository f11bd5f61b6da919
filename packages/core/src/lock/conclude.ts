import { attempt } from './acquire.ts';
import { heldError } from './contender.ts';
import { pauseSync } from './pause.ts';
import type { Hold, LockState } from './state.ts';

/** A look at the lock takes microseconds. Who shares it for longer means to keep us out. */
export const LONGEST_PROBE_MS = 1000;

/** Takes the lock or says who has it, without waiting for a holder. */
export function acquireNow(state: LockState): Hold {
  const result = attempt(state);
  if (typeof result === 'object') return result;
  return acquireAfter(state, result);
}

function acquireAfter(state: LockState, refusal: 'held' | 'probed'): Hold {
  const deadline = performance.now() + LONGEST_PROBE_MS;
  let result: Hold | 'held' | 'probed' = refusal;
  for (let tries = 1; result === 'probed' && performance.now() < deadline; tries++) {
    // Growing and uneven pauses, so that several contenders do not meet each other's looks for ever.
    pauseSync(Math.min(tries, 10) * 0.05 * (1 + Math.random()));
    result = attempt(state);
  }
  if (typeof result === 'object') return result;
  throw heldError(state);
}
