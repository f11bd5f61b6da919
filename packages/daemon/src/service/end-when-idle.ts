/**
 * Ends the process when its event loop is empty, `beforeExit` listeners and what they start included. The promise of start() never settles, so
 * the script may stand at a top-level `await`, for which Node.js by itself would end with 13 and a warning.
 * @param onIdle called right before
 */
export function endWhenIdle(onIdle: () => void): void {
  let seen: number | null = null;
  // First in the row, so that it counts the turns that the other listeners cause.
  process.prependListener('beforeExit', () => {
    const turns = performance.nodeTiming.uvMetricsInfo.loopCount;
    // The turn of the immediate below, and no other: nothing was left to do.
    if (seen !== null && turns - seen <= 1) {
      onIdle();
      process.exit(process.exitCode ?? 0);
    }
    seen = turns;
    setImmediate(() => {});
  });
}
