export { adoptLock, forgetLock, type HandedLock, lockForHandover } from '../lock/adopt.ts';
export { type HeldHolder, type Holder, type HolderReason, openHolder, proveHolder, waitUntilFree } from '../lock/holder.ts';
export { type DescriptorEntry, descriptorEntry, descriptorTable } from '../posix/descriptor-table.ts';
export { processStarted as startedAt } from '../posix/programs.ts';
export { type Arrival, arrive, arrivedDescriptors, arrivedLock } from './arrive.ts';
export { formatMarker, MARKER } from './marker.ts';
export { encodePayload, type Payload } from './payload.ts';
export { becomeDaemon, type HandedDescriptor, onceDaemon, type ProcessState, processState } from './state.ts';
