import { OptionError } from '@daemonium/core/start';
import { type Context, lockReady } from '../context.ts';
import { recordProbe, replayed, replayProbe } from '../daemonized/replay.ts';
import { NotRunningError } from '../errors.ts';
import { whileReloading } from '../lifetime/notify.ts';
import { signalName } from '../options/signal-names.ts';
import { core } from '../wire/core.ts';
import { encodeError } from '../wire/error-codec.ts';
import { holdDaemon, send } from './hold-daemon.ts';
import { holdStarted } from './started-here.ts';
import { type DaemonStatus, statusNow } from './status.ts';
import { checkTimeout } from './timeout.ts';
import { waitForEnd } from './wait-for-end.ts';

export function kill(context: Context, signal: NodeJS.Signals | number): boolean {
  checkSignal(signal);
  return probed(context, 'kill', () => signalDaemon(context, signal));
}

/** In the daemon what SIGHUP means, in any other process SIGHUP itself. */
export function reload(context: Context): void {
  if (context.role !== 'launcher') {
    whileReloading(context, () => context.daemon.emit('reload'));
    return;
  }
  probed(context, 'reload', () => {
    if (!signalDaemon(context, 'SIGHUP')) throw new NotRunningError('The daemon ended before it could be signalled');
  });
}

export function status(context: Context): DaemonStatus {
  return probed(context, 'status', () => statusNow(context));
}

export function isAlive(context: Context): boolean {
  return probed(context, 'isAlive', () => statusNow(context).running);
}

export async function join(context: Context, { timeout }: { readonly timeout?: number }): Promise<boolean> {
  const patience = timeout === undefined ? Number.POSITIVE_INFINITY : checkTimeout('timeout', timeout);
  const before = replayProbe(context, 'join');
  if (before !== null) {
    // Without a value it had not come back in the launcher when this process was started.
    return 'value' in before ? (before.value as boolean) : new Promise(() => {});
  }
  const loading = lockReady(context);
  if (loading !== null) await loading;
  const daemon = whoRuns(context);
  try {
    const value = (daemon === null && context.lock() === null) || (await waitForEnd(context, daemon, patience));
    recordProbe(context, 'join', { value });
    return value;
  } finally {
    daemon?.close();
  }
}

function whoRuns(context: Context) {
  const lock = context.lock();
  if (lock !== null) {
    const holder = core().openHolder(lock.path);
    return typeof holder === 'string' ? null : holder;
  }
  try {
    return holdStarted(context);
  } catch (error) {
    if (error instanceof NotRunningError) return null;
    throw error;
  }
}

function signalDaemon(context: Context, signal: NodeJS.Signals | number): boolean {
  const daemon = holdDaemon(context);
  try {
    return send(daemon, signal);
  } finally {
    daemon.close();
  }
}

/** Asks, and notes the answer; a script that runs again as a daemon, and has not come to its own start, gets the launcher's answer and asks nobody. */
function probed<T>(context: Context, method: string, ask: () => T): T {
  const before = replayProbe(context, method);
  if (before !== null) return replayed(before) as T;
  try {
    const value = ask();
    recordProbe(context, method, { value });
    return value;
  } catch (error) {
    recordProbe(context, method, { error: encodeError(error) });
    throw error;
  }
}

/** Above it no system has signals. */
const HIGHEST_SIGNAL = 64;

/** Zero only asks whether there is somebody to signal. */
function checkSignal(signal: unknown): void {
  const expected = "a signal's name or number, such as 'SIGUSR2'";
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new OptionError('signal', expected, signal, 'ERR_OPTION_TYPE');
  const known = typeof signal === 'string' ? /^SIG/.test(signal) && signalName(signal) !== null : isSignalNumber(signal);
  if (!known) throw new OptionError('signal', expected, signal, 'ERR_OPTION_VALUE');
}

function isSignalNumber(signal: number): boolean {
  return Number.isInteger(signal) && signal >= 0 && signal <= HIGHEST_SIGNAL;
}
