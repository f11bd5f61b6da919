/** How long a killed process may take to end, in ms. It is gone in milliseconds, unless its memory is large or its disk hangs. */
export const AFTER_SIGKILL_MS = 5_000;
