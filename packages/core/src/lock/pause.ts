const never = new Int32Array(new SharedArrayBuffer(4));

/** Stops this thread, for callers that do not wait, and meet a condition that is over in microseconds. */
export function pauseSync(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}

/** At least a turn of the event loop, in which everything else goes on. */
export function pauseAsync(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
