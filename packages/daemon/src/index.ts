export { OptionError } from '@daemonium/core/start';
export { control } from './command-line.ts';
export type { Role } from './context.ts';
export type { DaemonStatus } from './control/status.ts';
export type { StopOptions, StopResult } from './control/stop.ts';
export { Daemon } from './daemon.ts';
export type { DaemonEvents } from './daemon-events.ts';
export type { DaemonOptions, Leading } from './daemon-options.ts';
export { isDaemonProcess } from './daemonized/arrival.ts';
export {
  DaemonError,
  type DaemonErrorOptions,
  NotRunningError,
  StartError,
  type StartFailure,
  StartTimeoutError,
  StopTimeoutError,
} from './errors.ts';
export type { CommonOptions, HasDescriptor, InputSource, SignalAction, StreamTarget } from './options/given-options.ts';
export type { Startup } from './startup.ts';
