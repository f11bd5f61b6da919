import { programListeners, TIDIES_UP } from './listeners.ts';
import { statusOfSignal } from './shell-status.ts';

/** Signals that ask a process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Calls `tidyUp` when SIGINT or SIGTERM ends this process, which then ends as it would have: by the signal, or with 128 + its number. A listener
 * of the program's own decides instead, and `tidyUp` is not called.
 * @returns stops listening
 */
export function tidyUpAtSignals(tidyUp: () => void): () => void {
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (programListeners(signal).count > 0) return;
    tidyUp();
    stop();
    // Another copy of this function, or of signal-exit's, ends the process when it has tidied up too.
    if (process.listenerCount(signal) > 0) return;
    process.kill(process.pid, signal);
    // Reached as pid 1 of a container, which a signal without a handler does not end.
    process.exit(statusOfSignal(process.getBuiltinModule('node:os').constants.signals[signal]));
  };
  Object.defineProperty(onSignal, TIDIES_UP, { value: true });
  // First in the row: a listener of the program's that is there for once would be gone by the time ours counts.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return stop;
}
