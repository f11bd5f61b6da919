import type { Places } from '@daemonium/core/registry';
import { findOne } from '../daemons/find.ts';
import { asPredicate, codeWithoutPid, stateOf } from '../daemons/state.ts';
import { DONE } from '../errors/exit-codes.ts';
import { complain, say } from '../terminal/output.ts';
import { version } from '../version.ts';

/** Prints the pid alone, for scripts; nothing if no process is proved to be the daemon. */
export function pid(places: Places, name: string): number {
  const state = stateOf(places, findOne(places, name), version());
  if (state.pid !== null) {
    say(String(state.pid));
    return DONE;
  }
  complain(`${name} ${asPredicate(state)}`);
  return codeWithoutPid(state);
}
