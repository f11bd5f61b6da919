import { hasProc } from '@daemonium/core/start';
import type { SignalTable } from '../options/signals.ts';
import { WAKE } from '../protocol/messages.ts';

/** Whether the daemon can be told by a signal that the launcher has written a word: the program must have no use of its own for it. */
export function canWake(signals: SignalTable): boolean {
  return hasProc() && process.listenerCount(WAKE) === 0 && !signals.some(([signal]) => signal === WAKE);
}
