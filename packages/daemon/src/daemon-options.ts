import type { Daemon } from './daemon.ts';
import type { CommonOptions, ProgramTarget } from './options/given-options.ts';

/** `[1, 2, 3]` or, when `kwargs` is the last argument, `[1, 2]`. */
export type Leading<Args extends unknown[]> = Args extends [...infer First, unknown] ? First : Args;

/** All times are milliseconds. What is wrong is told by `start()`, before anything is spawned or created. */
export interface DaemonOptions<Args extends unknown[] = unknown[]> extends CommonOptions {
  /**
   * What the daemon runs: a function (called with the daemon as `this`), or the URL or absolute path of a module, of which nothing but the
   * default export is used: a function, or a subclass of `Daemon`; or an ordinary program, `{ script: 'server.js' }`. Without a target, `run()`
   * is overridden.
   */
  readonly target?: ((this: Daemon<Args>, ...args: Args) => unknown) | URL | string | ProgramTarget;
  /**
   * Arguments of the target, copied to the daemon by structured clone.
   * @default []
   */
  readonly args?: NoInfer<Args> | NoInfer<Leading<Args>>;
}
