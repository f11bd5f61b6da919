import type { PidLockFile } from '@daemonium/core';
import { sharedState } from '@daemonium/core/start';
import type { LauncherChannel } from '../daemonized/launcher-channel.ts';
import type { JournalEntry } from '../protocol/start-payload.ts';

export type Recorded = { -readonly [Key in keyof JournalEntry]: JournalEntry[Key] };

/** This package's part of the state that all its copies in one process share. */
export interface ProcessState {
  /** Calls of start, activate, restart, stop and the first stageN, counted at the call and before validation. */
  calls: number;
  /** Those calls, and how they settled, for a daemon that runs the script again. */
  readonly journal: Recorded[];
  /** Calls of kill, reload, status, isAlive and join, and how they settled. These are not counted. */
  readonly queries: Recorded[];
  /** Connection to this daemon's launcher; `null` in any other process, and without a monitor. */
  channel: LauncherChannel | null;
  /** The daemon that this process is, from its own start on. */
  service: { readonly stages: { readonly current: number | null }; readonly lock: PidLockFile | null } | null;
  /** `run()` has begun, or `activate()` has returned: a start from now on is a new one, and not a repetition of the launcher's calls. */
  atWork: boolean;
  /** The number of the signal that ends this launcher as soon as its starts are undone or have settled. */
  endingSignal: number | null;
}

export function processState(): ProcessState {
  const state = sharedState();
  state.start ??= {
    calls: 0,
    journal: [],
    queries: [],
    channel: null,
    service: null,
    atWork: false,
    endingSignal: null,
  } satisfies ProcessState;
  return state.start as ProcessState;
}
