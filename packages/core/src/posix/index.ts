/**
 * Left out: fork and daemon(3), because the child of a running Node has one thread and V8's and libuv's are missing; flock that blocks,
 * because it stops the event loop; close_range, because it takes Node's own descriptors along; whatever Node has itself (setuid, umask, kill).
 */
export { hasAddons } from './addons.ts';
export { bootClock } from './boot-clock.ts';
export { F_DUPFD, LOCK_EX, LOCK_NB, LOCK_SH, RLIMIT_CORE } from './constants.ts';
export {
  type Capabilities,
  chroot,
  type Ids,
  type ThreadCredentials,
  threadCredentials,
  type WatchedThreads,
  watchThreads,
} from './credentials.ts';
export { dup2, fcntl, isCloseOnExec, setCloseOnExec } from './descriptors.ts';
export { networkFileSystem } from './host.ts';
export { createKillTimer, type KillTimer } from './kill-timer.ts';
export { type Limit, setrlimit } from './limits.ts';
export { flock, tryLockExclusive, tryLockShared } from './locks.ts';
export { type OpenDescriptor, openDescriptors } from './open-descriptors.ts';
export { type PeerCredentials, peerCredentials } from './peer-credentials.ts';
export { holdProcess, type ProcessHandle } from './pidfd.ts';
export { processEnvironment } from './process-environment.ts';
export { descriptorsOfFile, flockTakers, hasExclusiveFlock, type Pid } from './process-files.ts';
export { isInternetSocket, type ProcessPlace, processArguments, processPlace } from './process-tree.ts';
export { childProcesses, processExists, processStartTime, processState } from './processes.ts';
export { processOwner, processStarted, runsProgram } from './programs.ts';
export { randomHex } from './random.ts';
export { connectUnixDatagram, sendDatagram } from './unix-datagram.ts';
export { type Group, getgrouplist, lookupGroup, lookupUser, type User } from './user-database.ts';
