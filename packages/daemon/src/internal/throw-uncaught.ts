/** Throws where nothing can catch it: a listener's error is the process's, and not that of the code which told the listener. */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
