/** Cannot be caught, blocked or ignored. */
const UNCATCHABLE = ['SIGKILL', 'SIGSTOP'] as const;

/** Raised by a fault that comes again before a JavaScript handler runs; the last two belong to Node itself. */
const UNSERVABLE = ['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGABRT', 'SIGIOT', 'SIGSYS', 'SIGTRAP', 'SIGPROF', 'SIGCHLD'] as const;

/** A signal that a JavaScript handler can serve. */
export type ServableSignal = Exclude<NodeJS.Signals, (typeof UNCATCHABLE)[number] | (typeof UNSERVABLE)[number]>;

/**
 * Says whether a JavaScript handler can serve a signal, can never catch it (`uncatchable`), or would never run in time (`unservable`).
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
export function servability(signal: string): 'servable' | 'uncatchable' | 'unservable' {
  if ((UNCATCHABLE as readonly string[]).includes(signal)) return 'uncatchable';
  return (UNSERVABLE as readonly string[]).includes(signal) ? 'unservable' : 'servable';
}
