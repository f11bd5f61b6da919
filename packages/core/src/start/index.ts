// What every start needs, with or without a pid file: no lock, and no system call of our own.
//
// The build copies this code into the daemon package (.ci/bundle.mjs): importing it from here would make a start a tenth slower. So it is
// twice in most processes; where a package is installed twice, or an application is bundled, other code of these packages is, too. The copies
// have to act as one:
// - State hangs on `globalThis`: `sharedState()` (handover/state.ts) says which start this process belongs to, and which copy of core is in use.
// - Classes are recognized by a registered symbol on their objects: `instanceof OptionError` asks for its BRAND, in `[Symbol.hasInstance]`
//   (errors/option-error.ts), and a lock carries its state under one (lock/state.ts). `instanceof DaemonError` is true of every OptionError.
// - Listeners and log files carry such a symbol as well, so that no copy takes another's for the program's own.
export { nameError } from '../errors/coded-error.ts';
export { decodeError, type EncodedError, encodeError } from '../errors/error-codec.ts';
export { OptionError, type OptionErrorCode } from '../errors/option-error.ts';
export { type Arrival, type ArrivalFault, arrive, arrivedDescriptors, arrivedLock } from '../handover/arrive.ts';
export { encodePayload } from '../handover/encode-payload.ts';
export { formatMarker, MARKER, type Marker, newNonce } from '../handover/marker.ts';
export type { Payload } from '../handover/payload.ts';
export {
  becomeDaemon,
  expectDaemon,
  type HandedDescriptor,
  type HandedLock,
  onceDaemon,
  type SharedState,
  sharedState,
  type Writer,
} from '../handover/state.ts';
export { pathOfUrl, resolvePath } from '../options/file-path.ts';
export { hasAddons } from '../posix/addons.ts';
export { anonymousFile, anonymousNote } from '../posix/anonymous-file.ts';
export { type DescriptorEntry, descriptorEntry, descriptorTable, filePosition } from '../posix/descriptor-table.ts';
export { loadFailure } from '../posix/load-failure.ts';
export { openForAppending } from '../posix/open-for-appending.ts';
export { isInternetSocket, type ProcessPlace, processArguments, processPlace } from '../posix/process-tree.ts';
export { hasProc, processStartTime, processState } from '../posix/processes.ts';
export { processStarted as startedAt } from '../posix/programs.ts';
export { randomHex } from '../posix/random.ts';
export { requireBeside, resolveBeside } from '../posix/require-beside.ts';
export { programListeners } from '../signals/listeners.ts';
export { type ServableSignal, servability } from '../signals/servable.ts';
export { tidyUpAtSignals } from '../signals/tidy-up.ts';
