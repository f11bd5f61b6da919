import type { Places } from '@daemonium/core/registry';
import { processEnvironment } from '@daemonium/core/registry';
import { declaredVariables } from '../daemons/environment.ts';
import { findOne } from '../daemons/find.ts';
import { asPredicate, codeWithoutPid, stateOf } from '../daemons/state.ts';
import { CommandError } from '../errors/command-error.ts';
import { DONE, NOT_PERMITTED } from '../errors/exit-codes.ts';
import { coloursFor } from '../terminal/colours.ts';
import { complain, say, sayJson } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { version } from '../version.ts';

/** A variable of the start itself: no child of the daemon ever sees it. */
const MARKER = /^DAEMONIUM_START$/;

/** The environment of the process itself, with a mark where the declaration differs. */
export function env(places: Places, name: string, { json = false }: { readonly json?: boolean }): number {
  const declaration = findOne(places, name);
  const state = stateOf(places, declaration, version());
  if (state.pid === null) {
    complain(`${name} ${asPredicate(state)}: it has no environment`);
    return codeWithoutPid(state);
  }
  const found = processEnvironment(state.pid);
  if (found === null) throw new CommandError(`the environment of ${name}, pid ${state.pid}, may not be looked at`, NOT_PERMITTED);
  const has = Object.fromEntries([...found].filter(([key]) => !MARKER.test(key)).sort(([a], [b]) => (a < b ? -1 : 1)));
  const declared = declaredVariables(declaration);
  const differing = Object.keys(declared).filter((key) => has[key] !== declared[key]);
  if (json) {
    sayJson({ environment: has, declared, differing });
    return DONE;
  }
  const { yellow } = coloursFor(process.stdout);
  for (const [key, value] of Object.entries(has)) {
    if (differing.includes(key)) say(yellow(printable(`${key}=${value}  # declared: ${declared[key]}; restart to apply`)));
    else say(printable(`${key}=${value}`));
  }
  for (const key of differing)
    if (!(key in has)) say(yellow(printable(`# ${key} is declared as ${declared[key]}, and not set; restart to apply`)));
  return DONE;
}
