import * as lockErrors from './errors/lock-errors.ts';
import { sharedState } from './handover/state.ts';
import { adoptLock, forgetLock, lockForHandover, unsealLock } from './lock/adopt.ts';
import { openHolder, proveHolder, waitUntilFree, whyInsecure } from './lock/holder.ts';
import { holderOfOtherUser } from './lock/holder-of-other-user.ts';
import { nameHolder, namesHolder } from './lock/name-holder.ts';
import { PidLockFile } from './lock/pid-lock-file.ts';
import { lockTaker } from './lock/proof.ts';
import { isPid } from './lock/record.ts';
import { removeStale } from './lock/remove-stale.ts';
import { standingOf } from './lock/standing.ts';
import { openFiles } from './open-files.ts';
import { checkDefaultDirectory, defaultPidFilePath, makeDefaultDirectory } from './pid-file/default-path.ts';
import { bootClock } from './posix/boot-clock.ts';
import { chmodSocket } from './posix/chmod-socket.ts';
import { F_DUPFD, RLIMIT_CORE } from './posix/constants.ts';
import { chroot, threadCredentials, watchThreads } from './posix/credentials.ts';
import { dup2, fcntl, setCloseOnExec } from './posix/descriptors.ts';
import { setrlimit } from './posix/limits.ts';
import { listeningAddress } from './posix/listening-address.ts';
import { peerCredentials } from './posix/peer-credentials.ts';
import { openProcess } from './posix/pidfd.ts';
import { processOwner, processUids } from './posix/process-owner.ts';
import { childProcesses, groupIsAlive, processIsEnding } from './posix/processes.ts';
import { processExecutable } from './posix/runs-program.ts';
import { byShortPath } from './posix/short-path.ts';
import { connectUnixDatagram, sendDatagram } from './posix/unix-datagram.ts';
import { getgrouplist, lookupGroup, lookupUser } from './posix/user-database.ts';
import {
  addToStateOf,
  makeStateFile,
  openStateOf,
  readState,
  removeStateOf,
  stateFilePath,
  writeState,
  writeWholeState,
} from './state-file/file.ts';
import { isForeignState } from './state-file/foreign.ts';
import * as leaseRecord from './state-file/lease-record.ts';
import { firstRespawnLine, readRespawnRecord } from './state-file/respawn-record.ts';

/** The things that the daemon package needs for a lock or a system call. It loads them only for a start that needs them. */
export const internals = {
  ...lockErrors,
  openFiles,
  ...{
    PidLockFile,
    adoptLock,
    forgetLock,
    lockForHandover,
    unsealLock,
    openHolder,
    proveHolder,
    holderOfOtherUser,
    whyInsecure,
    waitUntilFree,
    removeStale,
    standingOf,
  },
  ...{ isPid, lockTaker, nameHolder, namesHolder, peerCredentials, processExecutable, processUids, byShortPath, chmodSocket },
  ...{ checkDefaultDirectory, defaultPidFilePath, makeDefaultDirectory },
  ...{ chroot, threadCredentials, watchThreads, getgrouplist, lookupGroup, lookupUser },
  ...{ F_DUPFD, dup2, fcntl, setCloseOnExec, RLIMIT_CORE, setrlimit, openProcess, processOwner },
  ...{ childProcesses, groupIsAlive, processIsEnding },
  ...{ connectUnixDatagram, sendDatagram, bootClock, listeningAddress },
  ...{ isForeignState, makeStateFile, openStateOf, readState, removeStateOf, stateFilePath, writeState, writeWholeState, addToStateOf },
  ...{ firstRespawnLine, readRespawnRecord },
  ...leaseRecord,
};

// The first copy of this package to be loaded is the one that all copies of the daemon package use: see start/index.ts.
sharedState().core ??= internals;
