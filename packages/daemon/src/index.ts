export { OptionError } from '@daemonium/core/start';
export { control } from './cli/control.ts';
export type { ControlOptions } from './cli/control-options.ts';
export { Daemon } from './daemon.ts';
export type { DaemonEvents } from './daemon-events.ts';
export type { DaemonOptions, Last, Leading } from './daemon-options.ts';
export { isDaemonProcess } from './daemonized/arrival.ts';
export type { Role } from './definition/daemon-state.ts';
export { drain } from './drain.ts';
export {
  DaemonError,
  type DaemonErrorOptions,
  NotRunningError,
  StartError,
  type StartFailure,
  StartTimeoutError,
  StopTimeoutError,
} from './errors.ts';
export type {
  AnyOtherString,
  CommonOptions,
  HasDescriptor,
  InputSource,
  ListenTarget,
  ProgramTarget,
  SignalAction,
  SignalMap,
  StreamTarget,
} from './options/given-options.ts';
export type { DaemonLease, LeaseData, LeaseStanding } from './options/lease-option.ts';
export type { RespawnOptions } from './options/respawn-options.ts';
export type { LeaseStatus } from './remote/lease-status.ts';
export type { DaemonStatus } from './remote/status.ts';
export type { StepDownResult } from './remote/step-down.ts';
export type { StopOptions, StopResult } from './remote/stop.ts';
export type { UpgradeOptions } from './remote/upgrade.ts';
export type { UpgradeResult } from './service/service.ts';
export type { Startup } from './startup.ts';
