import { Daemon } from './daemon.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { arrival } from './daemonized/arrival.ts';
import { stateOf } from './definition/state-of.ts';
import { startWithEntry } from './start-call/dispatch.ts';

/** The main script of a daemon with a program target, until its stages are done. */
export function main(): void {
  if (arrival?.options.entry.kind === 'program') {
    startWithEntry(stateOf(new Daemon(arrival.given as DaemonOptions)), arrival);
    return;
  }
  process.stderr.write('This program is started by @daemonium/daemon, for daemons with a program target.\n');
  process.exitCode = 1;
}
