/** Defaults of the option `respawn`, for the daemon and for the service managers that take its place. Times are ms. */
export const RESPAWN_DEFAULTS = {
  on: 'failure',
  delay: 100,
  factor: 2,
  maxDelay: 30_000,
  healthyAfter: 60_000,
  /** EX_CONFIG of sysexits.h. */
  never: [78],
} as const;
