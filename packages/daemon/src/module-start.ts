import { becomeOwn } from './begin.ts';
import { Daemon } from './daemon.ts';
import { contextOf } from './daemon-context.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { reportFailure, startPayload } from './daemonized/arrival.ts';
import { importTarget, isDaemonClass } from './daemonized/module-target.ts';

/** What the bootstrap of a module target does: import that module alone, and be the daemon it describes. */
async function startModule(path: string, given: DaemonOptions): Promise<void> {
  const exported = await importTarget(path);
  const daemon = isDaemonClass(exported, Daemon.prototype) ? new exported(given) : new Daemon({ ...given, target: exported });
  await becomeOwn(contextOf(daemon));
}

/** The main script of a daemon with a module target. */
export function main(): void {
  if (startPayload === null || startPayload.module === null) {
    process.stderr.write('This program is started by @daemonium/daemon, for daemons with a module target.\n');
    process.exitCode = 1;
    return;
  }
  startModule(startPayload.module, startPayload.given).catch((error: unknown) => {
    reportFailure(error);
    // Node prints it and exits 1, so that it is seen without a launcher, too.
    throw error;
  });
}
