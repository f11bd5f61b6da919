/** The starting daemon, as `monitor()` gets it. */
export interface Startup {
  /** The daemon's pid. */
  readonly pid: number;
  /** The daemon's standard output until READY; any number of readers, each from the start. */
  readonly output: AsyncIterable<string>;
  /** The same for standard error. */
  readonly error: AsyncIterable<string>;
  /** Resolves at READY, rejects with the StartError. It may be left alone. */
  readonly done: Promise<void>;
}
