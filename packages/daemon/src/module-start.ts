import { Daemon } from './daemon.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { type Arrival, arrival, reportFailure } from './daemonized/arrival.ts';
import { importTarget, isDaemonClass } from './definition/module-target.ts';
import { stateOf } from './definition/state-of.ts';
import { startWithEntry } from './start-call/dispatch.ts';

/** The bootstrap of a module target: imports only that module, and becomes the daemon that the module describes. */
async function startModule(path: string, arrived: Arrival): Promise<void> {
  const exported = await importTarget(path);
  const given = arrived.given as DaemonOptions;
  const daemon = isDaemonClass(exported, Daemon.prototype) ? new exported(given) : new Daemon({ ...given, target: exported });
  startWithEntry(stateOf(daemon), arrived);
}

/** The main script of a daemon with a module target. */
export function main(): void {
  const entry = arrival?.options.entry;
  if (arrival === null || entry?.kind !== 'module') {
    process.stderr.write('This program is started by @daemonium/daemon, for daemons with a module target.\n');
    process.exitCode = 1;
    return;
  }
  startModule(entry.path, arrival).catch((error: unknown) => {
    reportFailure(error);
    // Node prints it and exits 1, so that it is seen without a launcher, too.
    throw error;
  });
}
