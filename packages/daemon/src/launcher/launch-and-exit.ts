import type { DaemonState } from '../definition/daemon-state.ts';
import { StartError } from '../errors.ts';
import { never } from '../internal/never.ts';
import type { Logging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { CountedCall } from '../start-call/call-journal.ts';
import { fireAndForget } from './fire-and-forget.ts';
import { launch } from './launch-from-here.ts';

/** The launcher's end of `activate()` and of a stage called by itself: it does not return, unless nothing could be started at all. */
export async function launchAndExit(state: DaemonState, plan: Plan, logging: Logging, call: CountedCall): Promise<never> {
  if (!plan.monitor) return fireAndForget(state, plan, logging, call);
  try {
    await launch(state, { plan, logging, call, lingers: false });
  } catch (error) {
    // Before anything was spawned, the caller can still do something about it.
    if (!(error instanceof StartError)) throw error;
  }
  state.facts.daemon.report();
  // The process ends when its output has been read.
  return never();
}
