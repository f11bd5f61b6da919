import { OptionError } from '@daemonium/core/start';
import { NotRunningError } from '../errors.ts';
import { signalName } from '../options/signal-names.ts';
import { type HeldDaemon, openDaemon, send } from './find.ts';
import type { Target } from './target.ts';

/** The shell of `respawn` passes these signals on, once the daemon has listeners for them; SIGTERM and SIGINT end both processes. */
const BY_SHELL: readonly unknown[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
const ENDING: readonly unknown[] = ['SIGTERM', 'SIGINT'];

/** @returns `false` when the daemon has ended meanwhile, or waits to be started again */
export function signalDaemon(target: Target, signal: NodeJS.Signals | number): boolean {
  using held = openDaemon(target);
  return sendTo(held, signal);
}

function sendTo({ shell, daemon }: HeldDaemon, signal: NodeJS.Signals | number): boolean {
  const name = typeof signal === 'number' && signal > 0 ? signalName(signal) : signal;
  if (shell !== null && ENDING.includes(name)) return send(shell, signal);
  if (daemon === null) return false;
  return send(shell !== null && BY_SHELL.includes(name) ? shell : daemon, signal);
}

/** A daemon that waits reads its configuration when it is started again. @throws {NotRunningError} */
export function tellToReload(target: Target): void {
  using held = openDaemon(target);
  if (held.daemon === null || sendTo(held, 'SIGHUP')) return;
  throw new NotRunningError('The daemon ended before it could be signalled');
}

/** Above it no system has signals. */
const HIGHEST_SIGNAL = 64;

/** Zero only asks whether there is a process to signal. @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE` */
export function checkSignalName(signal: unknown): asserts signal is NodeJS.Signals | number {
  const expected = "a signal's name or number, such as 'SIGUSR2'";
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new OptionError('signal', expected, signal, 'ERR_OPTION_TYPE');
  const known = typeof signal === 'string' ? /^SIG/.test(signal) && signalName(signal) !== null : isSignalNumber(signal);
  if (!known) throw new OptionError('signal', expected, signal, 'ERR_OPTION_VALUE');
}

function isSignalNumber(signal: number): boolean {
  return Number.isInteger(signal) && signal >= 0 && signal <= HIGHEST_SIGNAL;
}
