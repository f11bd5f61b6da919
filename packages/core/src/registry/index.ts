// The part that the command and `control()` share: the place and form in which a user's daemons are written down. Internal: it may change with any
// version.

// The command loads no other entry of this package: each costs a list some milliseconds.
export { EXIT, meansNotPermitted, STATUS_EXIT } from '../errors/exit-codes.ts';
export { type Holder, type HolderReason, proveHolder } from '../lock/holder.ts';
export { type Standing, standingOf } from '../lock/standing.ts';
export { START_TIMEOUT, STOP_TIMEOUT } from '../options/default-timeouts.ts';
export { defined } from '../options/defined.ts';
export { workingDirectory } from '../options/file-path.ts';
export { closest } from '../options/known-names.ts';
export { OPTION_PARTS } from '../options/option-parts.ts';
export { RESPAWN_DEFAULTS } from '../options/respawn-defaults.ts';
export { WATCH_MS } from '../options/watch.ts';
export { tryLockShared } from '../posix/locks.ts';
export { processEnvironment } from '../posix/process-environment.ts';
export { hasProc, processHasEnded } from '../posix/processes.ts';
export { type ProcessUsage, processUsage } from '../posix/usage.ts';
export type { ProcessEnd } from '../signals/shell-status.ts';
export { type LeaseRecord, readLeaseRecord } from '../state-file/lease-record.ts';
export { type RespawnRecord, readRespawnRecord } from '../state-file/respawn-record.ts';

export type { Declaration, Readiness } from './declaration.ts';
export {
  declarationPath,
  declaredNames,
  forgetUnlessStarted,
  readDeclaration,
  readDeclarations,
  removeDeclaration,
  writeDeclaration,
} from './declarations.ts';
export { checkDirectory, makePlaces } from './directories.ts';
export { readyInForeground, type StartingDaemon } from './foreground.ts';
export { checkName, faultOfName, nameOfScript } from './name.ts';
export { nearestDirectory, ownPlaces, type Places, type PlacesInput, placesOf } from './places.ts';
export { declarationOf, isSame, type Registration, refuseOtherScript, register, replaceDeclaration } from './register.ts';
export { RegistryError, type RegistryErrorCode } from './registry-error.ts';
export { noteStarted, noteStopped, readStarted, restoreStarted, type Started, wasBeforeThisBoot } from './started.ts';
export { withName } from './with-name.ts';
