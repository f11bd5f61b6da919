import './arrival.ts';

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
export {
  type Holder,
  type HolderReason,
  type OpenHolder,
  openHolder,
  type ProofOptions,
  proveHolder,
  waitUntilFree,
} from './lock/holder.ts';
export type { AcquireOptions, PidLockFileOptions } from './lock/options.ts';
export { type PidFileState, PidLockFile } from './lock/pid-lock-file.ts';
export { type OpenFile, type OpenFileKind, openFiles } from './open-files.ts';
export { pidLocked } from './pid-file/locked.ts';
export { type MakePidFileOptions, makePidFile, removePidFile, withPidLock } from './pid-file/make.ts';
export { type PidFilePathOptions, pidFilePath } from './pid-file/path.ts';
export { getPid } from './pid-file/read.ts';
export type { ServableSignal } from './signals/servable.ts';
