import { sharedState } from '@daemonium/core/start';
import type { Context } from '../context.ts';
import type { HistoryEntry } from '../wire/report.ts';
import type { ControlLine } from './control-line.ts';

export type Recorded = { -readonly [Key in keyof HistoryEntry]: HistoryEntry[Key] };

/** This package's part of what all copies in one process share. */
export interface StartState {
  /** Calls of start, activate, restart, stop and the first stageN, at the call and before validation. */
  calls: number;
  /** Those calls, and how they settled, for a daemon that runs the script again. */
  readonly journal: Recorded[];
  /** The same for kill, reload, status, isAlive and join, which are not counted. */
  readonly probes: Recorded[];
  line: ControlLine | null;
  /** The daemon that this process is, from its own start on. */
  own: Context | null;
  /** `run()` has begun, or `activate()` has returned: what is started now is meant. */
  running: boolean;
}

export function startState(): StartState {
  const state = sharedState();
  state.start ??= { calls: 0, journal: [], probes: [], line: null, own: null, running: false } satisfies StartState;
  return state.start as StartState;
}
