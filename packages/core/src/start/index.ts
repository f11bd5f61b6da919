// The part that every start needs, with or without a pid file: no lock, and no system call of our own.
//
// The build copies this code into the daemon package (scripts/bundle.mjs): an import from here would make a start a tenth slower. So most processes
// have the code twice. An application that is bundled, or that has a package installed twice, has copies of other code of these packages, too. The
// copies must act as one:
// - The state is on `globalThis`: `sharedState()` (handover/state.ts) says which start this process belongs to, and which copy of core is in use.
// - Objects carry a registered symbol that identifies their class: `instanceof OptionError` looks for its BRAND, in `[Symbol.hasInstance]`
//   (errors/option-error.ts), and a lock carries its state under such a symbol (lock/state.ts). `instanceof DaemonError` is true of every
//   OptionError.
// - Listeners and log files carry such a symbol as well, so that no copy takes another copy's listener or file for the program's own.
export { errnoError } from '../errors/errno-error.ts';
export { decodeError, type EncodedError, encodeError } from '../errors/error-codec.ts';
export { EXIT, meansNotPermitted, STATUS_EXIT } from '../errors/exit-codes.ts';
export { OptionError, type OptionErrorCode } from '../errors/option-error.ts';
export { setErrorName } from '../errors/set-error-name.ts';
export { withoutSecret } from '../errors/without-secret.ts';
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
export { checkAbortSignal } from '../options/abort-signal.ts';
export { START_TIMEOUT, STOP_TIMEOUT } from '../options/default-timeouts.ts';
export { defined } from '../options/defined.ts';
export { pathOfUrl, resolvePath, workingDirectory } from '../options/file-path.ts';
export { checkNames, closest, expectedName } from '../options/known-names.ts';
export { OPTION_PARTS } from '../options/option-parts.ts';
export { readPart, readParts } from '../options/parts.ts';
export { RESPAWN_DEFAULTS } from '../options/respawn-defaults.ts';
export { WATCH_MS } from '../options/watch.ts';
export { hasAddons } from '../posix/addons.ts';
export { anonymousFile, anonymousNote } from '../posix/anonymous-file.ts';
export { type DescriptorEntry, descriptorEntry, descriptorTable, filePosition } from '../posix/descriptor-table.ts';
export { HIGHEST_MARKED } from '../posix/inherited-descriptors.ts';
export { loadFailure } from '../posix/load-failure.ts';
export { openForAppending } from '../posix/open-for-appending.ts';
export { processStartDate, processStartTicks } from '../posix/process-start.ts';
export { MS_PER_TICK } from '../posix/process-stat.ts';
export { isInternetSocket, type ProcessPlace, processArguments, processPlace } from '../posix/process-tree.ts';
export { hasProc, processHasEnded, processStillRuns } from '../posix/processes.ts';
export { randomHex } from '../posix/random.ts';
export { requireBeside, resolveBeside } from '../posix/require-beside.ts';
export { programListeners } from '../signals/listeners.ts';
export { type ServableSignal, servability } from '../signals/servable.ts';
export { endOfStatus, type ProcessEnd, statusOfSignal } from '../signals/shell-status.ts';
export { tidyUpAtSignals } from '../signals/tidy-up.ts';
