/**
 * How long a daemon is watched after its start, in ms, unless it reports by itself that it is ready: what its program does first may fail. The
 * command and `control()` have the same.
 */
export const WATCH_MS = 300;
