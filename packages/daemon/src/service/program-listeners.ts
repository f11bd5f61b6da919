/** On listeners of core's `makePidFile` and of a `fileLogger`: they tidy up, and leave the decision to others. */
const TIDIES_UP = Symbol.for('daemonium.pidFileListener');

interface SignalExitEmitter {
  /** How many copies of the package have a listener on each signal. */
  readonly count?: number;
}

/**
 * The program's own listeners on a signal, as added, those of `once` with their wrapper. Not counted: ours, and those that leave the
 * decision to others, as signal-exit's do, which many packages bring.
 * @param ours our listener on this signal
 * @see https://github.com/tapjs/signal-exit
 */
export function programListeners(signal: NodeJS.Signals, ours: unknown): { readonly count: number; readonly hasOnce: boolean } {
  const listeners = process.rawListeners(signal).filter((listener) => listener !== ours && !(TIDIES_UP in listener));
  const count = Math.max(0, listeners.length - signalExitListeners());
  return { count, hasOnce: count > 0 && listeners.some((listener) => 'listener' in listener) };
}

/** Version 3 keeps its emitter on `process`, version 4 on `globalThis`. */
function signalExitListeners(): number {
  const old = (process as { __signal_exit_emitter__?: SignalExitEmitter }).__signal_exit_emitter__;
  const current = (globalThis as { [key: symbol]: SignalExitEmitter | undefined })[Symbol.for('signal-exit emitter')];
  return (old?.count ?? 0) + (current?.count ?? 0);
}
