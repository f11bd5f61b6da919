interface SignalExit {
  readonly count?: unknown;
}

/** Marks listeners of ours that tidy up and leave the decision to others, so that every copy of these packages knows them. */
export const TIDIES_UP: symbol = Symbol.for('daemonium.pidFileListener');

/**
 * The program's own listeners on a signal. They decide what the signal means. Not ours, and not those of the package signal-exit (3 and 4),
 * which end the process only if there is no other listener.
 * @param isOurs beside those that carry {@link TIDIES_UP}
 */
export function programListeners(
  signal: NodeJS.Signals,
  isOurs: (listener: unknown) => boolean = () => false,
): { readonly count: number; readonly hasOnce: boolean } {
  const listeners = process.rawListeners(signal).filter((listener) => !(TIDIES_UP in listener) && !isOurs(listener));
  const count = Math.max(0, listeners.length - signalExitListeners());
  return { count, hasOnce: count > 0 && listeners.some((listener) => 'listener' in listener) };
}

/** How many listeners signal-exit has on each signal. It says so itself, for its other copies. */
function signalExitListeners(): number {
  const { __signal_exit_emitter__: third } = process as { readonly __signal_exit_emitter__?: SignalExit };
  const fourth = (globalThis as Record<symbol, SignalExit | undefined>)[Symbol.for('signal-exit emitter')];
  return [third, fourth].reduce((sum, emitter) => sum + (typeof emitter?.count === 'number' ? emitter.count : 0), 0);
}
