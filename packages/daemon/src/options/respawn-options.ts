/** When, and how often, a daemon is started again. All times are ms. */
export interface RespawnOptions {
  /**
   * `'failure'`: after every end but exit code 0, and death by SIGHUP, SIGINT, SIGPIPE or SIGTERM. `'always'`: after those, too. Never after
   * `stop()`, or SIGTERM to the process that the pid file names.
   * @default 'failure'
   */
  readonly on?: 'failure' | 'always' | undefined;
  /**
   * The pause before the first try, in ms. `0`: at once; the next is then 100.
   * @default 100
   */
  readonly delay?: number | undefined;
  /**
   * Factor by which each pause is longer than the one before: 1, or a number from 1.1.
   * @default 2
   */
  readonly factor?: number | undefined;
  /**
   * The longest pause, in ms.
   * @default 30_000
   */
  readonly maxDelay?: number | undefined;
  /**
   * A run that is ready for so long, in ms, starts the pauses, and the count for `limit`, anew.
   * @default 60_000
   */
  readonly healthyAfter?: number | undefined;
  /**
   * Number of tries after a run, without a healthy one among them. After the last the daemon stays down.
   * @default no limit
   */
  readonly limit?: number | undefined;
  /**
   * Exit codes after which it stays down.
   * @default [78], EX_CONFIG of sysexits.h
   */
  readonly never?: readonly number[] | undefined;
  /**
   * Resident memory, in bytes or as `'512M'` (K, M, G: powers of 1024), above which the daemon ends in good order, with exit code 75, and is
   * started again. It looks once a second.
   * @default no limit
   */
  readonly memory?: number | string | undefined;
}
