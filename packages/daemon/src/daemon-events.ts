/** Events of a daemon while it starts and lives. All values are plain data. */
export interface DaemonEvents {
  /** A stage is done: its number, 1 to 9. In the launcher, too, as the daemon reports it. */
  stage: [stage: number];
  /** The daemon wrote to standard output; launcher only, until READY. */
  output: [text: string];
  /** The daemon wrote to standard error; launcher only, until READY. */
  'error-output': [text: string];
  /** The daemon's process is there: its pid. Launcher only. */
  spawned: [pid: number];
  /** The daemon is ready: its pid. */
  ready: [pid: number];
  /** With `lease`: this process leads from now on, under this fencing token, and `run()` is about to be called. In the daemon. */
  lead: [token: bigint];
  /** SIGHUP, or `reload()` in the daemon. */
  reload: [];
  /** The daemon is asked to end. With a listener, it gets `stopTimeout` ms to end. */
  terminate: [];
  /** The daemon's process ends: its exit code, 0 to 255. In the daemon. */
  exit: [code: number];
}
