import { openHolder, waitUntilFree } from '@daemonium/core/handover';
import type { Context } from '../context.ts';
import { record, replayed, takeTurn } from '../daemonized/replay.ts';
import { NotRunningError, StopTimeoutError } from '../errors.ts';

/** What `stop()` takes. */
export interface StopOptions {
  /** How long the daemon may take, in ms; default `stopTimeout`. */
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

export async function stopNow(context: Context, { timeout = 10_000 }: StopOptions): Promise<StopResult> {
  const lock = context.lock();
  if (lock === null) throw new NotRunningError('No pid file, so there is nobody to stop');
  const holder = openHolder(lock.path);
  if (typeof holder === 'string') throw new NotRunningError(`Nobody to stop: '${lock.path}' is ${holder}`);
  try {
    holder.signal('SIGTERM');
    if (await waitUntilFree(lock.path, { timeout: timeout + 500 })) return { pid: holder.pid, signal: 'SIGTERM', forced: false };
    holder.signal('SIGKILL');
    if (await waitUntilFree(lock.path, { timeout: 1_000 })) return { pid: holder.pid, signal: 'SIGKILL', forced: true };
    throw new StopTimeoutError(`The lock '${lock.path}' is still held`, holder.pid);
  } finally {
    holder.close();
  }
}
