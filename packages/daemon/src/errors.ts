import { OptionError, setErrorName } from '@daemonium/core/start';

/** Data of a {@link DaemonError} beside its message. */
export interface DaemonErrorOptions extends ErrorOptions {
  /**
   * A code of the table in docs/errors.md, or the name of an errno.
   * @default 'ERR_DAEMON'
   */
  readonly code?: string | undefined;
  /**
   * Number of the stage it happened in, 1 to 9; `null` outside of the stages.
   * @default null
   */
  readonly stage?: number | null | undefined;
}

/**
 * Everything this package throws by itself is one of these; `code` tells them apart across processes and copies of the package.
 * An {@link OptionError} counts as one, too.
 */
export class DaemonError extends Error {
  static {
    setErrorName(this, 'DaemonError');
  }
  /** A code of the table in docs/errors.md, or the name of an errno such as `EPERM`. */
  readonly code: string;
  /** Number of the stage it happened in, 1 to 9; `null` outside of the stages. */
  readonly stage: number | null;
  constructor(message: string, { code = 'ERR_DAEMON', stage = null, ...options }: DaemonErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.stage = stage;
  }
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    if (isDaemonError(this) && value instanceof OptionError) return true;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/**
 * Only DaemonError itself: its subclasses inherit the method above and mean only their own objects. Not written there, because a bundler
 * renames a class that names itself, and `error.constructor.name` would show it.
 */
function isDaemonError(candidate: unknown): boolean {
  return candidate === DaemonError;
}

/** Progress of a start when it failed, and the daemon's output until then. */
export interface StartFailure extends DaemonErrorOptions {
  /**
   * The daemon's standard output, up to 1 MiB.
   * @default ''
   */
  readonly output?: string | undefined;
  /**
   * The daemon's standard error, up to 1 MiB.
   * @default ''
   */
  readonly error?: string | undefined;
  /**
   * The daemon's exit status, 0 to 255; `null` when a signal ended it, or it was killed by the launcher.
   * @default null
   */
  readonly exitCode?: number | null | undefined;
  /**
   * The signal that ended the daemon; `null` when it ended by itself.
   * @default null
   */
  readonly signal?: NodeJS.Signals | null | undefined;
}

/** The daemon did not come up. Nothing of it is left: no process, and the lock is free. `cause` is the daemon's own error, if it had one to tell. */
export class StartError extends DaemonError {
  static {
    setErrorName(this, 'StartError');
  }
  /** The reason: it failed, could not be spawned, was interrupted, its launcher was lost, or the time was over. See docs/errors.md. */
  declare readonly code: 'ERR_START' | 'ERR_SPAWN' | 'ERR_START_INTERRUPTED' | 'ERR_START_LOST' | 'ERR_START_TIMEOUT';
  /** The daemon's standard output, up to 1 MiB. */
  readonly output: string;
  /** The daemon's standard error, up to 1 MiB. */
  readonly error: string;
  /** The daemon's exit status, 0 to 255, when it ended by itself; otherwise `null`. */
  readonly exitCode: number | null;
  /** The signal that ended the daemon; otherwise `null`. */
  readonly signal: NodeJS.Signals | null;
  constructor(
    message: string,
    { output = '', error = '', exitCode = null, signal = null, code = 'ERR_START', ...options }: StartFailure = {},
  ) {
    super(message, { ...options, code });
    this.output = output;
    this.error = error;
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

/** The daemon was not ready within `startTimeout`, and has been killed. */
export class StartTimeoutError extends StartError {
  static {
    setErrorName(this, 'StartTimeoutError');
  }
  /** Always the same: `startTimeout` was over. */
  declare readonly code: 'ERR_START_TIMEOUT';
  constructor(message: string, options: StartFailure = {}) {
    super(message, { code: 'ERR_START_TIMEOUT', ...options });
  }
}

/** The daemon still held its lock when the time of `stop()` was over, although it was sent SIGKILL. */
export class StopTimeoutError extends DaemonError {
  static {
    setErrorName(this, 'StopTimeoutError');
  }
  /** Always the same: the time of `stop()` was over. */
  declare readonly code: 'ERR_STOP_TIMEOUT';
  /** The pid that was proved to hold the lock. */
  readonly pid: number;
  constructor(message: string, pid: number, options: DaemonErrorOptions = {}) {
    super(message, { code: 'ERR_STOP_TIMEOUT', ...options });
    this.pid = pid;
  }
}

/** There is no daemon to signal, or no process that is proved to hold the lock. No signal was sent. */
export class NotRunningError extends DaemonError {
  static {
    setErrorName(this, 'NotRunningError');
  }
  /** The reason: the lock is free, its holder is not proved, or other users could have written the pid file. See docs/errors.md. */
  declare readonly code: 'ERR_NOT_RUNNING' | 'ERR_HOLDER_UNPROVED' | 'ERR_PID_FILE_INSECURE';
  constructor(message: string, options: DaemonErrorOptions = {}) {
    super(message, { code: 'ERR_NOT_RUNNING', ...options });
  }
}
