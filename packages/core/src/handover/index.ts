// What the sibling packages need of this one, from one file: at start-up each file that is imported costs about as much as what is in it.
export { nameError } from '../errors/coded-error.ts';
export {
  AlreadyLockedError,
  LockFailedError,
  LockNotReentrantError,
  NotMyLockError,
  PidFileInsecureError,
  PidFileUnreadableError,
} from '../errors/lock-errors.ts';
export { OptionError } from '../errors/option-error.ts';
export { adoptLock, forgetLock, type HandedLock, lockForHandover } from '../lock/adopt.ts';
export { type HeldHolder, type Holder, type HolderReason, openHolder, proveHolder, waitUntilFree } from '../lock/holder.ts';
export { PidLockFile } from '../lock/pid-lock-file.ts';
export { hasAddons } from '../posix/addons.ts';
export { F_DUPFD, RLIMIT_CORE } from '../posix/constants.ts';
export { chroot, type ThreadCredentials, threadCredentials, watchThreads } from '../posix/credentials.ts';
export { type DescriptorEntry, descriptorEntry, descriptorTable } from '../posix/descriptor-table.ts';
export { dup2, fcntl, setCloseOnExec } from '../posix/descriptors.ts';
export { setrlimit } from '../posix/limits.ts';
export { holdProcess, type ProcessHandle } from '../posix/pidfd.ts';
export { flockTakers } from '../posix/process-files.ts';
export { isInternetSocket, type ProcessPlace, processArguments, processPlace } from '../posix/process-tree.ts';
export { hasProc, processStartTime, processState } from '../posix/processes.ts';
export { processOwner, processStarted as startedAt } from '../posix/programs.ts';
export { randomHex } from '../posix/random.ts';
export { connectUnixDatagram, sendDatagram } from '../posix/unix-datagram.ts';
export { getgrouplist, lookupGroup, lookupUser } from '../posix/user-database.ts';
export { type Arrival, arrive, arrivedDescriptors, arrivedLock } from './arrive.ts';
export { formatMarker, MARKER } from './marker.ts';
export { encodePayload, type Payload } from './payload.ts';
export { becomeDaemon, expectDaemon, type HandedDescriptor, onceDaemon, type SharedState, sharedState } from './state.ts';
