import { hasProc } from '@daemonium/core/start';
import type { SignalTable } from '../options/signals.ts';
import { WAKE } from '../protocol/messages.ts';

/** Whether the launcher can wake the daemon by a signal after it has written a word: the program must not use that signal itself. */
export function canWake(signals: SignalTable): boolean {
  return hasProc() && process.listenerCount(WAKE) === 0 && !signals.some(([signal]) => signal === WAKE);
}
