import { closeSync } from 'node:fs';
import { openForAppending } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import type { Plan } from '../options/plan.ts';
import { type OpenedStreams, streamMode } from '../stages/opened-streams.ts';
import type { ServiceLog } from './log.ts';

/** The log says only once that files could not be opened again. */
let hasWarned = false;

/** Opens the files of path-valued stdout and stderr again, after logrotate has renamed them. A file that cannot be opened stays as it is. */
export function reopenStreams({ paths }: OpenedStreams, plan: Pick<Plan, 'umask'>, log: ServiceLog): void {
  for (const [fd, path] of paths) {
    try {
      const opened = openForAppending(path, streamMode(plan));
      core().dup2(opened, fd);
      closeSync(opened);
    } catch (error) {
      if (!hasWarned)
        log.error(`'${path}' could not be opened again, so output goes on into the file as it was: ${(error as Error).message}`);
      hasWarned = true;
    }
  }
}
