/** Settles with `promise`, or resolves when `milliseconds` have passed. Does not say which. */
export async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    // Timers come before what can be read: a process that had to wait for a processor sees to that first.
    timer = setTimeout(() => setImmediate(resolve), milliseconds);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
