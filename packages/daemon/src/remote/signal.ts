import { OptionError } from '@daemonium/core/start';
import { NotRunningError } from '../errors.ts';
import { signalName } from '../options/signal-names.ts';
import { openDaemon, send } from './find.ts';
import type { Target } from './target.ts';

/** @returns `false` when the daemon has ended meanwhile */
export function signalDaemon(target: Target, signal: NodeJS.Signals | number): boolean {
  const daemon = openDaemon(target);
  try {
    return send(daemon, signal);
  } finally {
    daemon.close();
  }
}

/** @throws {NotRunningError} */
export function tellToReload(target: Target): void {
  if (!signalDaemon(target, 'SIGHUP')) throw new NotRunningError('The daemon ended before it could be signalled');
}

/** Above it no system has signals. */
const HIGHEST_SIGNAL = 64;

/** Zero only asks whether there is a process to signal. @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE` */
export function checkSignal(signal: unknown): asserts signal is NodeJS.Signals | number {
  const expected = "a signal's name or number, such as 'SIGUSR2'";
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new OptionError('signal', expected, signal, 'ERR_OPTION_TYPE');
  const known = typeof signal === 'string' ? /^SIG/.test(signal) && signalName(signal) !== null : isSignalNumber(signal);
  if (!known) throw new OptionError('signal', expected, signal, 'ERR_OPTION_VALUE');
}

function isSignalNumber(signal: number): boolean {
  return Number.isInteger(signal) && signal >= 0 && signal <= HIGHEST_SIGNAL;
}
