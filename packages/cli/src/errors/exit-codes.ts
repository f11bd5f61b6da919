/** The exit codes of `control()`, after the LSB. `status` has a list of its own. */
export const DONE = 0;
export const FAILED = 1;
export const USAGE = 2;
export const NOT_PERMITTED = 4;
/** Exit codes of this command alone. */
export const UNKNOWN_NAME = 5;
export const NOT_RUNNING = 7;

export const STATUS = { running: 0, dead: 1, stopped: 3, unknown: 4 } as const;

/** The exit code for several daemons: the highest, which needs most attention. */
export function worst(codes: readonly number[]): number {
  return Math.max(DONE, ...codes);
}
