/** The starting daemon, as `monitor()` gets it. */
export interface Startup {
  /** The daemon's pid. */
  readonly pid: number;
  /** The daemon's standard output until READY; any number of readers, each from the start. */
  readonly output: AsyncIterable<string>;
  /** The same for standard error. */
  readonly error: AsyncIterable<string>;
  /** READY. Rejects with the StartError; nobody has to wait for it. */
  readonly done: Promise<void>;
}
