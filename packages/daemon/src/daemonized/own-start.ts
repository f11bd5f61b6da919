import { arrivedLock } from '@daemonium/core/start';
import type { Context } from '../context.ts';
import { endProcess } from '../lifetime/end.ts';
import { logFatal } from '../lifetime/log.ts';
import type { Resolved } from '../options/resolve.ts';
import { core } from '../wire/core.ts';
import { reportFailure, startPayload } from './arrival.ts';
import { startState } from './start-state.ts';

/** The script has come to the start that this process exists for: from here on it is the daemon. */
export function beginOwnStart(context: Context): void {
  const state = startState();
  const payload = startPayload as NonNullable<typeof startPayload>;
  state.own = context;
  context.role = 'daemon';
  context.pid = process.pid;
  context.options = payload.options as Resolved;
  context.coreLimited = payload.coreLimited;
  context.leaks = payload.leaks;
  const lock = arrivedLock();
  // The launcher's path, because relative ones were resolved there; a lock object is the script's.
  if (lock !== null && context.lock()?.path !== lock.path) context.daemon.pidFile = new (core().PidLockFile)(lock.path);
  // With its first stream libuv opens /dev/null, or the root directory where there is none: in a jail that would be the jail's.
  if (context.options.rootDirectory !== null) state.line?.listen();
  state.line?.send({ type: 'begin' });
  if (typeof context.given.name === 'string') process.title = context.given.name;
}

/** Tells the launcher, lets stderr and log get out what they hold, and ends. */
export async function failOwnStart(context: Context, error: unknown): Promise<never> {
  reportFailure(error);
  const { line } = startState();
  // With a launcher that listens the error is in good hands; a logger still wants to have it.
  if (line === null || context.given.logger) logFatal(context, error, 'the start failed');
  return endProcess(context, 1);
}
