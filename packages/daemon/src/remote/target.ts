import type { PidLockFile } from '@daemonium/core';
import type { ProcessIdentity } from '../definition/start-outcome.ts';
import type { GivenOptions } from '../options/given-options.ts';

/** A daemon as any process can find it: by the lock of its pid file, or without one by the process that was started here. */
export interface Target {
  readonly lock: PidLockFile | null;
  readonly process: ProcessIdentity | null;
  /** The constructor's options, not checked. */
  readonly facts: { readonly given: GivenOptions };
}
