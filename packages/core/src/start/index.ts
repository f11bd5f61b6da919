// What every start needs, with or without a pid file: no lock, no system call of our own. The daemon package has it in its own file, so that a
// start reads one file and not two; what the copies have to agree on hangs on `globalThis` (handover/state.ts).
export { nameError } from '../errors/coded-error.ts';
export { OptionError, type OptionErrorCode } from '../errors/option-error.ts';
export { type Arrival, arrive, arrivedDescriptors, arrivedLock } from '../handover/arrive.ts';
export { encodePayload } from '../handover/encode-payload.ts';
export { formatMarker, MARKER, type Marker, newNonce } from '../handover/marker.ts';
export type { Payload } from '../handover/payload.ts';
export {
  becomeDaemon,
  expectDaemon,
  type HandedDescriptor,
  onceDaemon,
  type SharedState,
  sharedState,
} from '../handover/state.ts';
export { hasAddons } from '../posix/addons.ts';
export { type DescriptorEntry, descriptorEntry, descriptorTable } from '../posix/descriptor-table.ts';
export { isInternetSocket, type ProcessPlace, processArguments, processPlace } from '../posix/process-tree.ts';
export { hasProc, processStartTime, processState } from '../posix/processes.ts';
export { processStarted as startedAt } from '../posix/programs.ts';
export { randomHex } from '../posix/random.ts';
export { requireBeside } from '../posix/require-beside.ts';
