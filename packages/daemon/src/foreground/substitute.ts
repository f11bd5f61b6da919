import type { DaemonState } from '../definition/daemon-state.ts';
import type { DaemonFacts, DaemonObject } from '../definition/facts.ts';
import { type Exported, importTarget, isDaemonClass } from '../definition/module-target.ts';
import { stateOf } from '../definition/state-of.ts';
import { UNSETTLED } from '../internal/unsettled.ts';
import type { Entry } from '../options/plan.ts';

const STUCK =
  "The target module '%' was never loaded to its end. If it is the script that awaits this start, they wait for each other: put the target into a module of its own";

/**
 * The daemon that runs in the foreground: the given one; for a module target, the function that the module exports; for a subclass of
 * Daemon, an object of that class, as in a detached daemon.
 * @throws {DaemonError} `ERR_MODULE_TARGET`
 */
export async function substituteFor(state: DaemonState, entry: Entry): Promise<{ state: DaemonState; facts: DaemonFacts }> {
  const { facts } = state;
  if (entry.kind !== 'module') return { state, facts };
  const exported = await imported(entry.path);
  if (!isDaemonClass(exported, facts.base)) return { state, facts: { ...facts, given: { ...facts.given, target: exported } } };
  const { target: _target, ...given } = facts.given;
  const daemon = new exported(given);
  const own = stateOf(daemon);
  own.facts.stages.refuseFields();
  daemon.pidFile = state.lock;
  passEvents(facts.daemon, daemon);
  return { state: own, facts: own.facts };
}

/** A script that is its own target waits for itself, if it awaits its start: Node.js then ends, and says little of the reason. */
async function imported(path: string): Promise<Exported> {
  // Node.js decides about the status in an earlier listener of the same event.
  const explain = () => {
    if (process.exitCode === UNSETTLED) process.stderr.write(`${STUCK.replace('%', path)}\n`);
  };
  process.on('exit', explain);
  try {
    return await importTarget(path);
  } finally {
    process.off('exit', explain);
  }
}

/** Passes the other daemon's events on to the object that was asked to start, as a launcher would. */
function passEvents(asked: DaemonObject, daemon: DaemonObject): void {
  daemon.on('stage', (stage) => asked.emit('stage', stage));
  daemon.on('ready', (pid) => asked.emit('ready', pid));
  daemon.on('lead', (token) => asked.emit('lead', token));
  daemon.on('reload', () => asked.emit('reload'));
  daemon.on('exit', (code) => asked.emit('exit', code));
}
