// What the sibling packages need of this one beyond `start/`. The package's whole code is in this entry's file.
export { adoptLock, forgetLock, lockForHandover, unsealLock } from '../lock/adopt.ts';
export { nameHolder } from '../lock/name-holder.ts';
export { removeStale } from '../lock/remove-stale.ts';
export { childProcesses } from '../posix/processes.ts';
export { siblings } from '../siblings.ts';
export type { LeaseRecord } from '../state-file/lease-record.ts';
export type { HandedDescriptor, HandedLock, Writer } from './state.ts';
