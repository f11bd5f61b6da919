export { type Arrival, arrive, arrivedDescriptors, arrivedLock } from './arrive.ts';
export { formatMarker, MARKER } from './marker.ts';
export { encodePayload, type Payload } from './payload.ts';
export { becomeDaemon, type HandedDescriptor, onceDaemon, type ProcessState, processState } from './state.ts';
