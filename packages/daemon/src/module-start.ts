import { becomeOwn } from './begin.ts';
import { Daemon } from './daemon.ts';
import { contextOf } from './daemon-context.ts';
import { importTarget, isDaemonClass } from './daemonized/module-target.ts';
import type { DaemonOptions } from './options/daemon-options.ts';

/** What the bootstrap of a module target does: import that module alone, and be the daemon it describes. */
export async function startModule(path: string, given: DaemonOptions): Promise<void> {
  const exported = await importTarget(path);
  const daemon = isDaemonClass(exported, Daemon.prototype) ? new exported(given) : new Daemon({ ...given, target: exported });
  await becomeOwn(contextOf(daemon));
}
