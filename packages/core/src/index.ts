import './arrival.ts';

export { nameError } from './errors/coded-error.ts';
export {
  AlreadyLockedError,
  LockError,
  LockFailedError,
  LockNotReentrantError,
  NotMyLockError,
  PidFileInsecureError,
  PidFileUnreadableError,
} from './errors/lock-errors.ts';
export { OptionError, type OptionErrorCode } from './errors/option-error.ts';
export type { PidLockFileOptions } from './lock/options.ts';
export { type PidFileState, PidLockFile } from './lock/pid-lock-file.ts';
