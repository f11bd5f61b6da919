import { type Context, lockReady } from '../context.ts';
import { record, replayed, takeTurn } from '../daemonized/replay.ts';
import { NotRunningError, StopTimeoutError } from '../errors.ts';
import { holdDaemon, send } from './hold-daemon.ts';
import { stopPatience } from './timeout.ts';
import { hasEnded, waitForEnd } from './wait-for-end.ts';

/** What `stop()` and `restart()` take. */
export interface StopOptions {
  /**
   * How long the daemon may take, in ms; `Infinity` waits for ever. It ends itself at its `stopTimeout`; SIGKILL comes 500 ms after `timeout`.
   * @default the option `stopTimeout`
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless a number from 0
   */
  readonly timeout?: number;
}

/** How a daemon was stopped. */
export interface StopResult {
  readonly pid: number;
  /** The signal that it took in the end. */
  readonly signal: NodeJS.Signals;
  /** SIGKILL was needed. */
  readonly forced: boolean;
}

/** So that a daemon which ends itself when its time is over still can. */
const LAST_CHANCE_MS = 500;
/** A killed process is gone in milliseconds, unless its memory is large or its disk hangs. */
const AFTER_SIGKILL_MS = 5_000;

/** `stop()`, counted among the calls that a script makes. */
export async function stop(context: Context, options: StopOptions): Promise<StopResult> {
  const turn = takeTurn(context, 'stop', false);
  if (turn.kind === 'earlier') return replayed(turn.outcome) as StopResult;
  if (turn.kind !== 'real') return new Promise(() => {});
  return record(
    turn,
    () => stopNow(context, options),
    (result) => result,
  );
}

/** What `restart()` does first. */
export async function stopIfRunning(context: Context, options: StopOptions): Promise<void> {
  // A lock that this object has taken already is the start's.
  if (context.lock()?.isLocked() === true) return;
  try {
    await stopNow(context, options);
  } catch (error) {
    // Whom nothing proves to be the daemon still holds the lock, and the start would fail with less to say.
    if (!(error instanceof NotRunningError && error.code === 'ERR_NOT_RUNNING')) throw error;
  }
}

async function stopNow(context: Context, { timeout }: StopOptions): Promise<StopResult> {
  const patience = stopPatience(context, timeout);
  const loading = lockReady(context);
  // Whom it is for is decided at the call, if that can be.
  if (loading !== null) await loading;
  const daemon = holdDaemon(context);
  const { pid } = daemon;
  try {
    send(daemon, 'SIGTERM');
    if (await waitForEnd(context, daemon, patience + LAST_CHANCE_MS)) return { pid, signal: 'SIGTERM', forced: false };
    const forced = !hasEnded(daemon) && send(daemon, 'SIGKILL');
    if (await waitForEnd(context, daemon, forced ? AFTER_SIGKILL_MS : 0)) return { pid, signal: forced ? 'SIGKILL' : 'SIGTERM', forced };
    throw new StopTimeoutError(stillThere(context, pid), pid);
  } finally {
    daemon.close();
  }
}

function stillThere(context: Context, pid: number): string {
  const path = context.lock()?.path;
  if (path === undefined) return `Process ${pid} did not end, although it was sent SIGKILL`;
  return `The lock of '${path}' is still held, although process ${pid} was ended: a child of it must have inherited the descriptor`;
}
