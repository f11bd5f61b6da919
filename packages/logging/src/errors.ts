import { setErrorName } from '@daemonium/core/start';

/**
 * A log file cannot be opened, or is nothing to log into. Nothing was written, and nothing was created unless `mkdir` made its directory.
 * `code` is the name of the errno: `ELOOP` (a symbolic link), `EACCES`, `ENOENT`, `EISDIR`, ...
 */
export class LogFileError extends Error {
  static {
    setErrorName(this, 'LogFileError');
  }
  /** Name of the errno: `EACCES`, `ELOOP`, ... */
  readonly code: string;
  /** The log file, absolute. */
  readonly path: string;
  constructor(path: string, code: string, reason: string, options?: ErrorOptions) {
    super(`Cannot open log file '${path}': ${code}, ${reason}`, options);
    this.code = code;
    this.path = path;
  }
}
