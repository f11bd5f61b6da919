/** Signals by which a person or a system ends a program in a terminal, and their numbers, the same everywhere. */
export const INTERRUPTS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
