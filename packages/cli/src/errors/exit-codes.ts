import { EXIT, STATUS_EXIT } from '@daemonium/core/registry';

export const { done: DONE, failed: FAILED, usage: USAGE, notPermitted: NOT_PERMITTED, notRunning: NOT_RUNNING } = EXIT;
/** An exit code of this command alone. */
export const UNKNOWN_NAME = 5;

export const STATUS = STATUS_EXIT;

/** The exit code for several daemons: the highest, which needs most attention. */
export function worst(codes: readonly number[]): number {
  return Math.max(DONE, ...codes);
}
