/** As `control()` has them, after the LSB; those of status are a list of their own. */
export const DONE = 0;
export const FAILED = 1;
export const USAGE = 2;
export const NOT_PERMITTED = 4;
/** Of this command alone. */
export const UNKNOWN_NAME = 5;
export const NOT_RUNNING = 7;

export const STATUS = { running: 0, dead: 1, stopped: 3, unknown: 4 } as const;

/** Of several names: the one that asks for most attention. */
export function worst(codes: readonly number[]): number {
  return Math.max(DONE, ...codes);
}
