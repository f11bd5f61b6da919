import type { AlreadyLockedError } from '../errors/lock-errors.ts';
import { LONGEST_EXIT_MS } from '../posix/processes.ts';
import { attempt, type Refusal } from './acquire.ts';
import { heldError, lifeOfHolder } from './held-error.ts';
import { pauseAsync, pauseSync } from './pause.ts';
import type { Hold, LockState } from './state.ts';

/** A look holds a shared lock for microseconds. After this long, in ms, the shared lock is treated as held. */
const LONGEST_LOOK_MS = 1000;

/**
 * How long to retry a lock whose holder is dead, in ms. A child of the holder still has the descriptor between its fork and its exec; up to
 * 18 ms were seen.
 */
const AFTER_DEATH_MS = 50;

/** Takes the lock, or throws the error to report. Yields its pauses, in ms; the caller decides how to pause. */
function* acquireOrFail(state: LockState): Generator<number, Hold> {
  // The first look at the global `performance` loads node:perf_hooks, a fifth of a lock's cost to a process.
  const started = process.uptime();
  for (let tries = 1; ; tries++) {
    // Before the try: a process that has waited for the processor tries once more.
    const passed = (process.uptime() - started) * 1000;
    const result = attempt(state);
    if (typeof result === 'object') return result;
    if (passed >= patience(result, state)) break;
    // Growing and uneven pauses, so that several contenders do not meet each other's looks for ever.
    yield Math.min(tries, 10) * 0.05 * (1 + Math.random());
  }
  throw yield* heldError(state);
}

/** How long to retry for a refusal, in ms. */
function patience(refusal: Refusal, state: LockState): number {
  if (refusal === 'looked-at') return LONGEST_LOOK_MS;
  switch (lifeOfHolder(state)) {
    case 'ended':
      return AFTER_DEATH_MS;
    case 'exiting':
      return LONGEST_EXIT_MS;
    case 'alive':
    case null:
      return 0;
  }
}

/** Takes the lock, or fails with the holder. Does not wait for a holder. Blocks this thread for conditions that pass within milliseconds. */
export function acquireNow(state: LockState): Hold {
  const steps = acquireOrFail(state);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    pauseSync(step.value);
  }
}

/** As {@link acquireNow}, with the event loop at work meanwhile. */
export function acquireSoon(state: LockState, signal: AbortSignal | undefined): Promise<Hold> {
  return withPauses(acquireOrFail(state), signal);
}

/** The error for a caller that has waited in vain. */
export function heldErrorSoon(state: LockState, signal: AbortSignal | undefined): Promise<AlreadyLockedError> {
  return withPauses(heldError(state), signal);
}

async function withPauses<T>(steps: Generator<number, T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pauseAsync(step.value);
    signal?.throwIfAborted();
  }
}
