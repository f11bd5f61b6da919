import { OptionError, servability } from '@daemonium/core/start';
import type { SignalAction } from './given-options.ts';
import type { OptionProblems } from './option-problems.ts';
import type { Entry } from './plan.ts';
import { numbered, signalName } from './signal-names.ts';

/** Effect of a signal in the daemon. `fn` only marks a function: the daemon gets the function itself when it evaluates the script. */
export type SignalMeaning = { readonly method: string } | { readonly fn: true } | null;
export type SignalTable = ReadonlyArray<readonly [NodeJS.Signals, SignalMeaning]>;

/** Python-daemon's and pandaemonium's defaults, and the job-control signals that a process without a terminal has no use for. */
const DEFAULTS: SignalTable = [
  ['SIGTERM', { method: 'terminate' }],
  ['SIGINT', { method: 'terminate' }],
  ['SIGHUP', { method: 'reload' }],
  ['SIGTSTP', null],
  ['SIGTTIN', null],
  ['SIGTTOU', null],
  ['SIGUSR1', null],
];

/** Checks `signalMap` against the methods of `daemon`, and lays it over the defaults. */
export function resolveSignals(map: unknown, daemon: object, entry: Entry['kind'], problems: OptionProblems): SignalTable {
  const table = new Map<NodeJS.Signals, SignalMeaning>(DEFAULTS);
  if (map === undefined) return [...table];
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    problems.add('signalMap', 'an object of signal to method name, function or null', map, 'ERR_OPTION_TYPE');
    return [...table];
  }
  for (const [key, action] of Object.entries(map as Record<string, SignalAction>)) {
    const name = signalName(key);
    const problem = refusal(key, name);
    if (name === null || problem !== null) problems.add(`signalMap.${key}`, problem ?? 'a signal', key);
    else
      table.set(
        name,
        problems.check(() => meaning(`signalMap.${key}`, action, daemon, entry), null),
      );
  }
  return [...table];
}

/** Why a signal can have no meaning of the program's, or `null`. */
function refusal(key: string, name: NodeJS.Signals | null): string | null {
  if (name === null) return `a signal's name or number, such as ${suggestion(key)}`;
  const service = servability(name);
  if (service === 'uncatchable') return `a signal that can be caught; ${name} cannot be caught, blocked or ignored`;
  return service === 'unservable' ? `a signal that a JavaScript handler can serve; ${name} is not one` : null;
}

function meaning(option: string, action: unknown, daemon: object, entry: Entry['kind']): SignalMeaning {
  if (action === null) return null;
  if (typeof action === 'function') {
    if (entry === 'script') return { fn: true };
    throw new OptionError(option, `a method's name or null: functions do not cross to a ${entry} target`, action, 'ERR_OPTION_VALUE');
  }
  if (typeof action !== 'string') throw new OptionError(option, "a method's name, a function, or null", action, 'ERR_OPTION_TYPE');
  // The methods of a module's own class are known in the daemon only.
  if (entry === 'module' || typeof (daemon as Record<string, unknown>)[action] === 'function') return { method: action };
  throw new OptionError(option, 'the name of a method of the daemon', action, 'ERR_OPTION_VALUE');
}

function suggestion(key: string): string {
  const upper = key.toUpperCase();
  const guess = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return Object.hasOwn(numbered(), guess) ? `'${guess}'` : "'SIGUSR2'";
}
