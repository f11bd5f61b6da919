import { statusOfSignal } from '@daemonium/core/start';
import { INTERRUPTS } from '../internal/interrupts.ts';
import { processState } from '../internal/process-state.ts';
import { endLauncher } from './print-outcome.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Marks a listener of this package: of two copies in one process, neither takes the other for the program's own. */
const OURS = Symbol.for('daemonium.interrupt');

interface Interruptible {
  interrupted(signal: NodeJS.Signals, exits: boolean): Promise<void>;
  /** The process ends, and waits for nothing any more. */
  abandoned(): void;
}

const underWay = new Set<Interruptible>();

/**
 * Undoes every start under way; one that has worked already settles first. Then it ends the launcher as the signal would have, unless the
 * program listens for it: then the program decides.
 */
function onSignal(signal: NodeJS.Signals): void {
  const exits = process.listeners(signal).every((listener) => OURS in listener);
  const undone = [...underWay].map((start) => start.interrupted(signal, exits));
  if (!exits) return;
  const number = INTERRUPTS[signal as keyof typeof INTERRUPTS];
  processState().endingSignal ??= number;
  void Promise.allSettled(undone).then(() => endLauncher(statusOfSignal(number)));
}
Object.defineProperty(onSignal, OURS, { value: true });

/** The program's own listener may call process.exit(), and an uncaught error ends the process while a start is being undone. */
function onExit(): void {
  for (const start of underWay) start.abandoned();
}

function stopListening(): void {
  if (underWay.size > 0) return;
  process.off('exit', onExit);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** While `start` is under way, Ctrl-C undoes it. */
export function interruptible(start: Interruptible): Disposable {
  if (!process.listeners('exit').includes(onExit)) process.on('exit', onExit);
  for (const signal of SIGNALS) if (!process.listeners(signal).includes(onSignal)) process.on(signal, onSignal);
  underWay.add(start);
  return {
    [Symbol.dispose]() {
      underWay.delete(start);
      // The listeners stay for the turn in which start() settles: without them a signal would end the program before it has its own. And for the
      // next one, in which Node hands over the signals that have come by then: with no listener it would drop them.
      setImmediate(() => setImmediate(stopListening));
    },
  };
}
