import type { Arrival } from '../daemonized/arrival.ts';
import type { DaemonState } from '../definition/daemon-state.ts';
import type { DaemonFacts } from '../definition/facts.ts';
import type { StartedDaemon } from '../definition/start-outcome.ts';
import { NotRunningError } from '../errors.ts';
import { processState } from '../internal/process-state.ts';
import { decodeError, encodeError } from '../protocol/error-codec.ts';
import type { JournalEntry, Outcome } from '../protocol/start-payload.ts';
import { STOPPED } from '../remote/status.ts';

/** The facts of an earlier start that a daemon needs when it runs the script again. */
export interface RecordedStart extends Pick<StartedDaemon, 'startTicks' | 'output' | 'error'> {
  readonly pid: number | null;
}

/** The daemon object of an earlier start, as it was in the launcher when that had settled. */
export function settleAsInLauncher(state: DaemonState, outcome: Outcome): void {
  const value = 'error' in outcome ? outcome.error.properties : outcome.value;
  const { pid = null, startTicks = null, output = '', error = '' } = value as Partial<RecordedStart>;
  if (state.side.role === 'launcher') {
    state.side.outcome =
      pid === null || 'error' in outcome
        ? { kind: 'failed', failure: null, output, error }
        : { kind: 'started', pid, startTicks, since: null, supervisor: null, earlyEnd: null, output, error };
  }
  replayed(outcome);
}

/** Returns the recorded value, or throws the recorded error. */
export function replayed(outcome: Outcome): unknown {
  if ('error' in outcome) throw decodeError(outcome.error);
  return outcome.value;
}

/**
 * The launcher's answer to a question (status, kill, ...) that the script asks again before it has come to its own start.
 * @param asked the questions asked so far in this process
 */
export function answerOfLauncher({ queries }: Arrival, { className, name }: DaemonFacts, method: string): Outcome {
  const same = (entry: JournalEntry) => entry.method === method && entry.className === className && entry.name === name;
  const { queries: asked } = processState();
  const nth = asked.filter(same).length;
  asked.push({ method, className, name });
  const recorded = queries.filter(same);
  // A script that asks until the answer changes may ask once more here than it did there.
  return (recorded[nth] ?? recorded.at(-1))?.outcome ?? unrecorded(method);
}

/** The launcher never asked, so there is no answer to repeat. A signal must not be sent from here, either. */
function unrecorded(method: string): Outcome {
  if (method === 'status') return { value: STOPPED };
  if (method === 'isAlive') return { value: false };
  return {
    error: encodeError(new NotRunningError(`${method}() was not called in the launcher, so it does nothing while the script runs again`)),
  };
}
