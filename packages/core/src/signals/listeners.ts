interface SignalExit {
  readonly count?: unknown;
}

/**
 * Whether anybody listens to `signal` who decides what it means: not listeners that carry `ours`, and not those of the package signal-exit
 * (3 and 4), which end the process only when nobody else listens.
 */
export function othersListening(signal: NodeJS.Signals, ours: symbol): boolean {
  const others = process.listeners(signal).filter((listener) => !(ours in listener));
  return others.length > signalExitListeners();
}

/** How many listeners signal-exit has on each signal. It says so itself, for its other copies. */
function signalExitListeners(): number {
  const { __signal_exit_emitter__: third } = process as { readonly __signal_exit_emitter__?: SignalExit };
  const fourth = (globalThis as Record<symbol, SignalExit | undefined>)[Symbol.for('signal-exit emitter')];
  return [third, fourth].reduce((sum, emitter) => sum + (typeof emitter?.count === 'number' ? emitter.count : 0), 0);
}
