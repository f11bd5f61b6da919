import type { AlreadyLockedError } from '../errors/lock-errors.ts';
import { LONGEST_EXIT_MS, type ProcessLife } from '../posix/processes.ts';
import { attempt } from './acquire.ts';
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
  const passed = () => (process.uptime() - started) * 1000;
  let endSeen: number | null = null;
  for (let tries = 1; ; tries++) {
    // Before the try: a process that has waited for the processor tries once more.
    const before = passed();
    const result = attempt(state);
    if (typeof result === 'object') return result;
    const life = result === 'looked-at' ? result : lifeOfHolder(state);
    // It may have ended after the try.
    if (life === 'ended') endSeen ??= passed();
    if (before >= patience(life, endSeen ?? 0)) break;
    // Growing and uneven pauses, so that several contenders do not meet each other's looks for ever.
    yield Math.min(tries, 10) * 0.05 * (1 + Math.random());
  }
  throw yield* heldError(state);
}

/**
 * How long after the first try to retry, in ms.
 * @param endSeen when the holder was first seen to have ended
 */
function patience(life: ProcessLife | 'looked-at' | null, endSeen: number): number {
  switch (life) {
    case 'looked-at':
      return LONGEST_LOOK_MS;
    case 'ended':
      return endSeen + AFTER_DEATH_MS;
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
