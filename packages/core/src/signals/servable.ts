/** signal(7): cannot be caught, blocked or ignored. */
const UNCATCHABLE = ['SIGKILL', 'SIGSTOP'] as const;

/** Reach a JavaScript handler too late or never, as the fault that raises them comes again first, or belong to Node itself. */
const UNSERVABLE = [
  ...(['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGABRT', 'SIGIOT', 'SIGSYS', 'SIGTRAP'] as const),
  ...(['SIGPROF', 'SIGCHLD'] as const),
] as const;

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
