import type { DaemonFacts } from '../definition/facts.ts';
import { processState, type Recorded } from '../internal/process-state.ts';
import { encodeError } from '../protocol/error-codec.ts';
import type { JournalEntry, Outcome } from '../protocol/start-payload.ts';

/** Starts whose output is kept, so that a launcher of many daemons does not grow. Of earlier ones only the outcome is kept. */
const ENTRIES_WITH_OUTPUT = 100;
/** Answers that are kept, so that a launcher that asks for the status every second does not grow. */
const QUERIES_MAX = 1_000;

/** One counted call that this process carries out, with the calls and questions before it. */
export interface CountedCall {
  readonly index: number;
  readonly method: string;
  readonly history: readonly JournalEntry[];
  readonly queries: readonly JournalEntry[];
}

/** Notes a counted call, for daemons that are started later. */
export function noteCall(index: number, method: string, { className, name }: DaemonFacts): CountedCall {
  const { journal, queries } = processState();
  journal[index] = { method, className, name };
  forgetOutput(journal[index - ENTRIES_WITH_OUTPUT]);
  return { index, method, history: journal.slice(0, index), queries };
}

/** Records how a counted call settles. @param value the part of the result that a daemon needs */
export async function recorded<T>({ index }: CountedCall, settling: Promise<T>, value: (result: T) => unknown): Promise<T> {
  const entry = processState().journal[index] as Recorded;
  try {
    const result = await settling;
    entry.outcome = { value: value(result) };
    return result;
  } catch (error) {
    entry.outcome = { error: encodeError(error) };
    throw error;
  }
}

/** Records the answer to a question (status, kill, ...), for daemons that are started later. */
export function noteQuery(method: string, { className, name }: DaemonFacts, outcome: Outcome): void {
  const { queries } = processState();
  queries.push({ method, className, name, outcome });
  if (queries.length > QUERIES_MAX) queries.splice(0, queries.length - QUERIES_MAX);
}

function forgetOutput(entry: Recorded | undefined): void {
  if (entry?.outcome === undefined) return;
  const kept = 'error' in entry.outcome ? entry.outcome.error.properties : entry.outcome.value;
  if (typeof kept === 'object' && kept !== null && 'output' in kept) Object.assign(kept, { output: '', error: '' });
}
