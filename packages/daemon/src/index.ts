export { OptionError } from '@daemonium/core/handover';
export { control } from './command-line.ts';
export type { DaemonStatus } from './control/status.ts';
export type { StopOptions, StopResult } from './control/stop.ts';
export { Daemon, type DaemonEvents } from './daemon.ts';
export { isDaemonProcess } from './daemonized/arrival.ts';
export { DaemonError, NotRunningError, StartError, StartTimeoutError, StopTimeoutError } from './errors.ts';
export type { Startup } from './launcher/start.ts';
export type { DaemonOptions, HasDescriptor, InputSource, SignalAction, StreamTarget } from './options/daemon-options.ts';
