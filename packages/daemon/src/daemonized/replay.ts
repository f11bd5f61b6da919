import { fileURLToPath } from 'node:url';
import { type Context, identify } from '../context.ts';
import { DaemonError, NotRunningError } from '../errors.ts';
import { endProcess } from '../lifetime/end.ts';
import { logFatal } from '../lifetime/log.ts';
import { decodeError, encodeError } from '../wire/error-codec.ts';
import type { HistoryEntry, Outcome } from '../wire/report.ts';
import { ownIndex, reportFailure, startPayload } from './arrival.ts';
import { type Recorded, startState } from './start-state.ts';

/** What a call of start, activate, restart, stop or a first stage is in this process. */
export type Turn =
  /** Meant: this is a launcher, or a daemon that starts another. */
  | { readonly kind: 'real'; readonly index: number; readonly entry: Recorded }
  /** The start that this process exists for. */
  | { readonly kind: 'own' }
  /** One the launcher made before that: it settles as it did there. */
  | { readonly kind: 'earlier'; readonly outcome: Outcome }
  /** One that was pending in the launcher, or comes later in its script: it never settles. */
  | { readonly kind: 'pending' };

/**
 * Counts a call, and says what it is: the k-th of the launcher is the k-th here.
 * @throws {DaemonError} `ERR_REPLAY` when the script does something else as it runs again
 */
export function takeTurn(context: Context, method: string, isModule: boolean): Turn {
  const state = startState();
  const index = state.calls++;
  const { className, name } = identify(context);
  if (startPayload === null || startPayload.module !== null || (state.running && (isModule || context.madeByDaemon || method === 'stop'))) {
    if (startPayload !== null && !isModule && method !== 'stop') throw new DaemonError(INSIDE, { code: 'ERR_INSIDE_DAEMON' });
    if (state.own === null && startPayload !== null && isModule && startsItself(context, startPayload.module)) {
      throw new DaemonError(ITSELF, { code: 'ERR_INSIDE_DAEMON' });
    }
    const entry: Recorded = { method, className, name };
    state.journal[index] = entry;
    forgetOutput(state.journal[index - JOURNAL_WITH_OUTPUT]);
    return { kind: 'real', index, entry };
  }
  if (index > ownIndex) return { kind: 'pending' };
  const expected: HistoryEntry = index === ownIndex ? startPayload : (startPayload.history[index] as HistoryEntry);
  if (expected.method !== method || expected.className !== className || expected.name !== name) {
    return astray(
      context,
      `The script went another way when it ran again in the daemon: call ${index + 1} was ${show(expected)} in the launcher, and is ${show({ className, name, method })} here. ` +
        'What a script starts must not depend on what its launcher alone can see',
    );
  }
  if (index === ownIndex) return { kind: 'own' };
  return expected.outcome === undefined ? { kind: 'pending' } : { kind: 'earlier', outcome: expected.outcome };
}

/** Its own start will not come any more: the launcher is told so, whatever the script would make of an error. */
function astray(context: Context, message: string): Turn {
  const error = new DaemonError(message, { code: 'ERR_REPLAY' });
  reportFailure(error);
  if (startState().line === null) logFatal(context, error, 'the start failed');
  void endProcess(context, 1);
  return { kind: 'pending' };
}

const INSIDE =
  'Inside a running daemon start() takes module targets only: a script that ran again here would become this daemon, not another';

const ITSELF =
  'The target module starts itself as it is loaded, which would go on for ever: start it only if not isDaemonProcess, or from another module';

function startsItself({ given: { target } }: Context, module: string | null): boolean {
  if (module === null || (typeof target !== 'string' && !(target instanceof URL))) return false;
  return module === (typeof target === 'string' && !target.startsWith('file:') ? target : fileURLToPath(target));
}

/** A launcher that starts daemons for weeks keeps how each of its last starts went, and of those before only that. */
const JOURNAL_WITH_OUTPUT = 100;

function forgetOutput(entry: Recorded | undefined): void {
  if (entry?.outcome === undefined) return;
  const kept = 'error' in entry.outcome ? entry.outcome.error.properties : entry.outcome.value;
  if (typeof kept === 'object' && kept !== null && 'output' in kept) Object.assign(kept, { output: '', error: '' });
}

/** A call that is not counted (status, kill, ...), before this process has come to its own start: what the launcher got. `null`: this call is meant. */
export function replayProbe(context: Context, method: string): Outcome | null {
  const state = startState();
  if (startPayload === null || startPayload.module !== null || state.own !== null) return null;
  const { className, name } = identify(context);
  const same = (entry: HistoryEntry) => entry.method === method && entry.className === className && entry.name === name;
  const nth = state.probes.filter(same).length;
  state.probes.push({ method, className, name });
  const recorded = startPayload.probes.filter(same);
  // A script that asks until the answer changes may ask once more here than it did there.
  return (recorded[nth] ?? recorded.at(-1))?.outcome ?? unrecorded(method);
}

/** The launcher never asked, so there is nothing to repeat; and whatever it is, it must not be done here. */
function unrecorded(method: string): Outcome {
  if (method === 'status') return { value: { running: false, pid: null, since: null } };
  if (method === 'isAlive') return { value: false };
  return {
    error: encodeError(new NotRunningError(`${method}() was not called in the launcher, so it does nothing while the script runs again`)),
  };
}

/** Notes what such a call gave, for daemons that are started later. */
export function recordProbe(context: Context, method: string, outcome: Outcome): void {
  const { className, name } = identify(context);
  const { probes } = startState();
  probes.push({ method, className, name, outcome });
  if (probes.length > PROBES_MAX) probes.splice(0, probes.length - PROBES_MAX);
}

/** A launcher that lives for weeks and asks for the status every second must not grow. */
const PROBES_MAX = 1_000;

/** Does what a counted call means, and notes how it settles, for daemons that are started later. */
export async function record<T>({ entry }: { readonly entry: Recorded }, act: () => Promise<T>, value: (result: T) => unknown): Promise<T> {
  try {
    const result = await act();
    entry.outcome = { value: value(result) };
    return result;
  } catch (error) {
    entry.outcome = { error: encodeError(error) };
    throw error;
  }
}

/** The daemon object of an earlier start, as it was in the launcher when that had settled. */
export function settleEarlier(context: Context, outcome: Outcome): void {
  const value = 'error' in outcome ? outcome.error.properties : outcome.value;
  const { pid = null, startTime = null, output = '', error = '' } = value as Partial<Context>;
  Object.assign(context, { pid, startTime, output, error });
  replayed(outcome);
}

/** What a recorded call gave: its value, or its error thrown. */
export function replayed(outcome: Outcome): unknown {
  if ('error' in outcome) throw decodeError(outcome.error);
  return outcome.value;
}

function show({ method, className, name }: HistoryEntry): string {
  return `${method}() of ${className}${name === '' ? '' : ` '${name}'`}`;
}
