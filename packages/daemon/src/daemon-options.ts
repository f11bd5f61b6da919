import type { Daemon } from './daemon.ts';
import type { CommonOptions, ProgramTarget } from './options/given-options.ts';

/** `[1, 2, 3]` or, when `kwargs` is the last argument, `[1, 2]`. */
export type Leading<Args extends unknown[]> = Required<Args> extends [...infer First, unknown] ? First : Args;

/** The last argument, if it is an object: the type of `kwargs`. */
export type Last<Args extends unknown[]> =
  Required<Args> extends [...unknown[], infer Final extends object] ? Final : Required<Args> extends [] ? never : object;

/** All times are in milliseconds. `start()` reports invalid options, before anything is spawned or created. */
export interface DaemonOptions<Args extends unknown[] = []> extends CommonOptions {
  /**
   * The program of the daemon. A function is called with the daemon as `this`. A URL or an absolute path names a module; only its default
   * export is used: a function, or a subclass of `Daemon`. `{ script: 'server.js' }` names an ordinary program.
   * @default none: the subclass overrides `run()`
   * @throws {OptionError} `ERR_OPTION_TYPE`; `ERR_OPTION_VALUE`: no such file, or a target beside an overridden `run()`
   */
  // With Args in the type of `this`, a target that uses `this` would fix them before its own parameters are looked at.
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly target?: ((this: Daemon<any>, ...args: Args) => unknown) | URL | string | ProgramTarget | undefined;
  /**
   * Passed as the last argument, copied to the daemon like `args`.
   * @default none: `args` are all arguments
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an object; `ERR_OPTION_VALUE`: it cannot be cloned, or the target is a program
   */
  readonly kwargs?: NoInfer<Last<Args>> | undefined;
  /**
   * Arguments of the target or of `run()`, copied to the daemon by structured clone.
   * @default []
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an array; `ERR_OPTION_VALUE`: it cannot be cloned, or the target is a program
   * @see https://developer.mozilla.org/docs/Web/API/Web_Workers_API/Structured_clone_algorithm
   */
  readonly args?: NoInfer<Args> | NoInfer<Leading<Args>> | undefined;
}
