import type { AlreadyLockedError } from '../errors/lock-errors.ts';
import { attempt } from './acquire.ts';
import { isHeldByDead, tellHolder } from './contender.ts';
import { pauseAsync, pauseSync } from './pause.ts';
import type { Hold, LockState } from './state.ts';

/** A look at the lock takes microseconds. Who shares it for longer means to keep us out. */
const LONGEST_PROBE_MS = 1000;

/**
 * How long a lock is tried again whose holder is dead: a child of the holder, between its fork and its exec, still has the descriptor. That was
 * seen to take up to 18 ms.
 */
const AFTER_DEATH_MS = 50;

/** Takes the lock or throws what to say instead, and yields the pauses, in ms, that it wants in between: how to pause is the caller's. */
function* conclude(state: LockState): Generator<number, Hold> {
  const started = performance.now();
  for (let tries = 1; ; tries++) {
    const result = attempt(state);
    if (typeof result === 'object') return result;
    const passed = performance.now() - started;
    if (result === 'held') {
      if (passed >= AFTER_DEATH_MS || !isHeldByDead(state)) break;
    } else if (passed >= LONGEST_PROBE_MS) break;
    // Growing and uneven pauses, so that several contenders do not meet each other's looks for ever.
    yield Math.min(tries, 10) * 0.05 * (1 + Math.random());
  }
  throw yield* tellHolder(state);
}

/** Takes the lock or says who has it, without waiting for a holder. Stops this thread for what is over in milliseconds. */
export function acquireNow(state: LockState): Hold {
  const steps = conclude(state);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    pauseSync(step.value);
  }
}

/** The same, with the event loop at work meanwhile. */
export function acquireSoon(state: LockState, signal: AbortSignal | undefined): Promise<Hold> {
  return withPauses(conclude(state), signal);
}

/** The error for a caller that has waited in vain. */
export function heldError(state: LockState, signal: AbortSignal | undefined): Promise<AlreadyLockedError> {
  return withPauses(tellHolder(state), signal);
}

async function withPauses<T>(steps: Generator<number, T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pauseAsync(step.value);
    signal?.throwIfAborted();
  }
}
