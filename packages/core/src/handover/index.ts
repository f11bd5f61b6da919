// The part of this package that the sibling packages need beyond `start/`. This entry's file holds the code of the whole package.

export { internals } from '../internals.ts';
export { adoptLock, forgetLock, lockForHandover, unsealLock } from '../lock/adopt.ts';
export { nameHolder } from '../lock/name-holder.ts';
export { removeStale } from '../lock/remove-stale.ts';
export { processEnvironment } from '../posix/process-environment.ts';
export { allProcesses, childProcesses } from '../posix/processes.ts';
export type { LeaseRecord } from '../state-file/lease-record.ts';
export type { HandedDescriptor, HandedLock, Writer } from './state.ts';
