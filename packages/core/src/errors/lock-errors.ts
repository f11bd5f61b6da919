import { setErrorName } from './set-error-name.ts';

/** Base of all errors about a lock or its pid file. `code` names the fault, `path` the file. */
export class LockError extends Error {
  static {
    setErrorName(this, 'LockError');
  }
  /** A code of the table in docs/errors.md, or the name of an errno such as `EACCES`. */
  readonly code: string;
  /** The pid file, absolute. */
  readonly path: string;

  constructor(message: string, code: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/** Another process holds the lock. Retry later or stop the holder; nothing was changed on disk. */
export class AlreadyLockedError extends LockError {
  static {
    setErrorName(this, 'AlreadyLockedError');
  }
  /** Another process holds the lock, or this very object (then the error is a {@link LockNotReentrantError}). */
  declare readonly code: 'ERR_ALREADY_LOCKED' | 'ERR_LOCK_NOT_REENTRANT';
  /** The pid that the file names, for information: never signal it unproved. `null` while the file is not sealed, or if no such process exists. */
  readonly pid: number | null;

  constructor(path: string, pid: number | null, message = heldMessage(path, pid), options?: ErrorOptions) {
    super(message, 'ERR_ALREADY_LOCKED', path, options);
    this.pid = pid;
  }
}

/** This very object holds the lock already, and is not reentrant. Release it first, or make it `reentrant` and use `enter()`. */
export class LockNotReentrantError extends AlreadyLockedError {
  static {
    setErrorName(this, 'LockNotReentrantError');
  }
  constructor(path: string, pid: number | null, message: string, options?: ErrorOptions) {
    super(path, pid, message, options);
    (this as { code: string }).code = 'ERR_LOCK_NOT_REENTRANT';
  }
}

/** The file cannot be opened, locked or written; `cause` is the system's error and `code` its name (`EACCES`, `ENOSPC`, ...). Nothing is left behind. */
export class LockFailedError extends LockError {
  static {
    setErrorName(this, 'LockFailedError');
  }
  /** @param cure advice for the user, if `code` alone does not give it */
  constructor(path: string, cause: unknown, what = 'lock', cure = CURES[codeOf(cause)]) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot ${what} '${path}': ${reason}${cure === undefined ? '' : ` (${cure})`}`, codeOf(cause), path, { cause });
  }
}

/** This object does not hold the lock that it was asked to release, seal or remove. The file is unchanged. */
export class NotMyLockError extends LockError {
  static {
    setErrorName(this, 'NotMyLockError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_NOT_MY_LOCK';
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`Not my lock '${path}': ${why}`, 'ERR_NOT_MY_LOCK', path, options);
  }
}

/** The pid file is there and holds something other than one pid. */
export class PidFileUnreadableError extends LockError {
  static {
    setErrorName(this, 'PidFileUnreadableError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_PID_FILE_UNREADABLE';
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`Cannot read a pid from '${path}': ${why}`, 'ERR_PID_FILE_UNREADABLE', path, options);
  }
}

/** Users other than root and the caller could have made the pid file, or could change it, so it is not used. It was left untouched. */
export class PidFileInsecureError extends LockError {
  static {
    setErrorName(this, 'PidFileInsecureError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_PID_FILE_INSECURE';
  constructor(path: string, why: string, cure: string) {
    super(`Refusing the pid file '${path}': ${why}; ${cure}`, 'ERR_PID_FILE_INSECURE', path, { cause: new Error(why) });
  }
}

function heldMessage(path: string, pid: number | null): string {
  const holder = pid === null ? 'a process that has not sealed it yet' : `pid ${pid}`;
  return `Cannot lock '${path}': held by ${holder}; stop that process, or wait with a timeout`;
}

function codeOf(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'ERR_LOCK_FAILED';
}

const CURES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use that file or directory: choose one of its own, or run this as the user whose daemon it is',
  EDQUOT: 'free some quota',
  EISDIR: 'give the path of a file',
  ELOOP: 'symbolic links are not followed; give the real path',
  EMFILE: 'close some descriptors, or raise the limit (ulimit -n)',
  ENAMETOOLONG: 'choose a shorter path',
  ENFILE: 'close some descriptors',
  ENOENT: 'create its directory first',
  ENOSPC: 'free some space',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'give the path of a regular file',
  EPERM: 'the file is for another user to change: choose a directory of your own, or run this as that user',
  EROFS: 'choose a directory on a writable filesystem',
};
