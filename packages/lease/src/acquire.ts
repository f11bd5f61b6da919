import { bootClock } from '@daemonium/core/posix';
import type { Claim, LeaseEngine, LeaseState, Reign } from './engine.ts';
import { AlreadyLeasedError, LeaseFailedError } from './errors.ts';
import { FIRST_CONTACT_MS, type ResolvedAcquire, type ResolvedOptions } from './options.ts';
import { pause, within } from './within.ts';

/** A hint that comes at once, time after time, keeps no processor busy. */
const LEAST_PAUSE_MS = 10;

/** Result of one try: this process holds the lease, another one does, or the engine gave no answer. */
type Try = Taken | { readonly standing: LeaseState | null } | { readonly failure: unknown };

/** `sent`: by the boot clock. */
export interface Taken {
  readonly key: string;
  readonly reign: Reign;
  readonly sent: number;
}

/**
 * Tries until the lease is ours.
 * @param id of the claim, one for all tries
 */
export async function acquire(
  { key, id }: Pick<Claim, 'key' | 'id'>,
  engine: LeaseEngine,
  { holder, duration, renewEvery, patience }: ResolvedOptions,
  { timeout, predecessor, signal, onStandby }: ResolvedAcquire,
): Promise<Taken> {
  const end = bootClock() + timeout;
  const claim: Claim = { key, holder, duration, id };
  signal.throwIfAborted();
  if (predecessor !== null) await endReign(key, engine, predecessor, Math.max(patience, FIRST_CONTACT_MS));
  let last: LeaseState | null = null;
  for (let turn = 0; ; turn++) {
    const outcome = await tryToTake(engine, claim, { patience, timeout: turn === 0 ? Math.max(patience, FIRST_CONTACT_MS) : patience });
    if ('reign' in outcome) return kept(outcome, engine, patience, signal);
    const { standing, failure, lookIn } = refusal(outcome, renewEvery);
    // An engine that is not there, a wrong password, a missing table are the caller's error. One that fails later is waited for, as one does for a holder.
    if (failure !== undefined && turn === 0) throw new LeaseFailedError(key, 'take', failure);
    const left = end - bootClock();
    if (left <= 0) throw held(key, standing ?? last, failure);
    if (turn === 0 || differs(standing, last)) onStandby?.(standing);
    last = standing ?? last;
    await untilMaybeFree(key, engine, standing, { longest: Math.min(lookIn, left), signal });
    signal.throwIfAborted();
  }
}

/** The holder that refuses the lease, if it is known, and the time of the next look at the latest. */
function refusal(outcome: Exclude<Try, Taken>, renewEvery: number) {
  if ('failure' in outcome) return { standing: null, failure: outcome.failure, lookIn: renewEvery };
  const { standing } = outcome;
  // Another process was faster, and its reign is not known yet: look at once.
  return { standing, failure: undefined, lookIn: Math.min(standing?.expiresIn ?? 0, renewEvery) };
}

/** Another reign, or one that has been sealed since. */
function differs(standing: LeaseState | null, last: LeaseState | null): boolean {
  return standing !== null && (last?.token !== standing.token || last.pid !== standing.pid);
}

function held(key: string, standing: LeaseState | null, failure: unknown): AlreadyLeasedError {
  return new AlreadyLeasedError(key, standing?.holder ?? null, undefined, failure === undefined ? undefined : { cause: failure });
}

/** Gives the lease back if the caller has cancelled meanwhile. */
async function kept(taken: Taken, engine: LeaseEngine, timeout: number, signal: AbortSignal): Promise<Taken> {
  if (signal.aborted) await giveBack(taken.key, engine, taken.reign, timeout);
  signal.throwIfAborted();
  return taken;
}

/** If the answer comes so late that no renewal would fit in, the reign is given back, and taken again. */
async function tryToTake(
  engine: LeaseEngine,
  claim: Claim,
  { patience, timeout }: { readonly patience: number; readonly timeout: number },
): Promise<Try> {
  const sent = bootClock();
  try {
    const taking = await within(engine.take(claim, timeout), timeout);
    if (!('reign' in taking)) return taking;
    if (bootClock() - sent <= patience) return { key: claim.key, reign: taking.reign, sent };
    await giveBack(claim.key, engine, taking.reign, patience);
    return tryToTake(engine, claim, { patience, timeout: patience });
  } catch (failure) {
    return { failure };
  }
}

/** A dead predecessor's. One that is over already is no error. */
async function endReign(key: string, engine: LeaseEngine, token: bigint, timeout: number): Promise<void> {
  try {
    await within(engine.drop(key, { token }, timeout), timeout);
  } catch (error) {
    throw new LeaseFailedError(key, 'take', error);
  }
}

/** A reign that cannot be given back ends by itself. */
async function giveBack(key: string, engine: LeaseEngine, reign: Reign, timeout: number): Promise<void> {
  await within(engine.drop(key, reign, timeout), timeout).catch(() => {});
}

/** Waits until the engine's hint, the end of the reign without a renewal, or the next look: a hint can be lost with its connection. */
async function untilMaybeFree(
  key: string,
  engine: LeaseEngine,
  standing: LeaseState | null,
  { longest, signal }: { readonly longest: number; readonly signal: AbortSignal },
): Promise<void> {
  const began = bootClock();
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener('abort', stop);
  const clock = pause(Math.max(LEAST_PAUSE_MS, Math.ceil(longest)), over.signal);
  const hint = standing === null ? clock : engine.waitFree(key, standing, over.signal).catch(() => clock);
  try {
    await Promise.race([clock, hint]);
    await pause(Math.max(0, began + LEAST_PAUSE_MS - bootClock()), signal);
  } finally {
    signal.removeEventListener('abort', stop);
    over.abort();
  }
}
