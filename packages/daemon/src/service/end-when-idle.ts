/**
 * Ends the process when its event loop is empty, after `beforeExit` listeners and the work that they start. The promise of start() never
 * settles. Without this, a script that awaits it at its top level would end with exit code 13 and a warning of Node.js.
 * @param end called once
 */
export function endWhenIdle(end: () => void): void {
  let seen: number | null = null;
  let isEnding = false;
  // First in the row, so that it counts the turns that the other listeners cause.
  process.prependListener('beforeExit', () => {
    if (isEnding) return;
    const turns = performance.nodeTiming.uvMetricsInfo.loopCount;
    // The turn of the immediate below, and no other: nothing was left to do.
    isEnding = seen !== null && turns - seen <= 1;
    if (isEnding) return end();
    seen = turns;
    setImmediate(() => {});
  });
}
