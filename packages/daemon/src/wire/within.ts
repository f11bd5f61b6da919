/** Waits for a promise, for so long at most; which of the two it was is for the caller to see. */
export async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    // Timers come before what can be read: a process that had to wait for a processor sees to that first.
    timer = setTimeout(() => setImmediate(resolve), milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
