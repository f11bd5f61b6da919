/** Settles with `promise`, or resolves when `milliseconds` have passed. Does not say which. */
export async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    // Timers run before I/O. After a long wait for the processor, data that is there must be read before the time counts as over.
    timer = setTimeout(() => setImmediate(resolve), milliseconds);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
