import { fileURLToPath } from 'node:url';
import { type Arrival, arrival } from '../daemonized/arrival.ts';
import { failStart } from '../daemonized/arrive.ts';
import type { DaemonState } from '../definition/daemon-state.ts';
import { type DaemonFacts, hasOwnEntry } from '../definition/facts.ts';
import { DaemonError } from '../errors.ts';
import { processState } from '../internal/process-state.ts';
import type { Entry } from '../options/plan.ts';
import type { JournalEntry, Outcome } from '../protocol/start-payload.ts';
import { ServiceLog } from '../service/log.ts';
import type { Service } from '../service/service.ts';
import { type CountedCall, noteCall } from './call-journal.ts';

/** Meaning of a call of start, activate, restart, stop or a stage in this process. */
export type Decision =
  /** This process is a launcher, or a daemon that starts another: the call takes effect here. It may turn out that nothing is to be detached. */
  | { readonly kind: 'launch'; readonly call: CountedCall }
  /** The call that this process exists for. */
  | { readonly kind: 'arrive'; readonly arrival: Arrival }
  /** This process is the daemon already, detached or in the foreground: the rest of its start. */
  | { readonly kind: 'continue'; readonly service: Service }
  /** The launcher made this call before: it settles as it did there. */
  | { readonly kind: 'replay'; readonly outcome: Outcome }
  /** The call was pending in the launcher, or comes later in its script: it never settles. */
  | { readonly kind: 'never' };

/**
 * The one place where it is decided which process this is. Counts the call: the k-th of the launcher is the k-th in the daemon.
 * @throws {DaemonError} `ERR_ALREADY_STARTED`, `ERR_INSIDE_DAEMON`
 */
export function decide({ facts, side }: DaemonState, method: string): Decision {
  return side.role === 'launcher' ? decideByCount(facts, method) : decideForService(side, method);
}

/** The same for `stop()` and `upgrade()`. They are counted in every process, and no process is made for them. */
export function decideStop(
  { facts }: DaemonState,
  method: 'stop' | 'upgrade' = 'stop',
): Exclude<Decision, { kind: 'arrive' | 'continue' }> {
  const decision = decideByCount(facts, method);
  return decision.kind === 'arrive' ? { kind: 'never' } : decision;
}

function decideByCount(facts: DaemonFacts, method: string): Exclude<Decision, { kind: 'continue' }> {
  const state = processState();
  const index = state.calls++;
  if (arrival === null || isMeant(arrival, facts, method)) return { kind: 'launch', call: noteCall(index, method, facts) };
  if (index > arrival.index) return { kind: 'never' };
  const isOwn = index === arrival.index;
  const expected: JournalEntry = isOwn ? arrival : (arrival.history[index] as JournalEntry);
  const { className, name } = facts;
  if (expected.method !== method || expected.className !== className || expected.name !== name) {
    goneAstray(facts, `call ${index + 1} was ${show(expected)} in the launcher, and is ${show({ className, name, method })} here`);
    return { kind: 'never' };
  }
  if (isOwn) return { kind: 'arrive', arrival };
  return expected.outcome === undefined ? { kind: 'never' } : { kind: 'replay', outcome: expected.outcome };
}

/** start() of a detached daemon never settles, as often as it is called; in the foreground a second one is refused. */
function decideForService(service: Service, method: string): Decision {
  if (service.isStarting && service.role === 'foreground') throw alreadyStarted('running, in the foreground');
  if (service.isStarting && (method === 'start' || method === 'restart')) return { kind: 'never' };
  return { kind: 'continue', service };
}

export function alreadyStarted(what: string): DaemonError {
  return new DaemonError(`This daemon is ${what} already`, { code: 'ERR_ALREADY_STARTED' });
}

const INSIDE =
  'Inside a running daemon start() takes module and program targets only: a script that ran again here would become this daemon, not another';

const ITSELF =
  'The target module starts itself as it is loaded, which would go on for ever: start it only if not isDaemonProcess, or from another module';

/**
 * Whether a call in a daemon is the daemon's own, and not a repetition of a call of its launcher.
 * @throws {DaemonError} `ERR_INSIDE_DAEMON`
 */
function isMeant({ options: { entry } }: Arrival, facts: DaemonFacts, method: string): boolean {
  const { atWork, service } = processState();
  const hasEntry = hasOwnEntry(facts);
  if (entry.kind === 'script' && !(atWork && (hasEntry || facts.madeAtWork || isForOthers(method)))) return false;
  if (!hasEntry && !isForOthers(method)) throw new DaemonError(INSIDE, { code: 'ERR_INSIDE_DAEMON' });
  if (service === null && hasEntry && isTarget(facts, entry)) throw new DaemonError(ITSELF, { code: 'ERR_INSIDE_DAEMON' });
  return true;
}

/** Calls that make no daemon of this process. */
function isForOthers(method: string): boolean {
  return method === 'stop' || method === 'upgrade';
}

function isTarget({ given: { target } }: DaemonFacts, entry: Entry): boolean {
  if (entry.kind !== 'module' || (typeof target !== 'string' && !(target instanceof URL))) return false;
  return entry.path === (typeof target === 'string' && !target.startsWith('file:') ? target : fileURLToPath(target));
}

/** The daemon's own start will not come any more. Tells the launcher directly: the script could catch an error. */
function goneAstray({ given: { logger } }: DaemonFacts, what: string): void {
  const message = `The script went another way when it ran again in the daemon: ${what}. The daemons that a script starts must not depend on something that only its launcher can see`;
  void failStart(new ServiceLog(logger, null, 'daemon'), new DaemonError(message, { code: 'ERR_REPLAY' }));
}

function show({ method, className, name }: JournalEntry): string {
  return `${method}() of ${className}${name === '' ? '' : ` '${name}'`}`;
}
