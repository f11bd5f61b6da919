import type { Plan } from '../options/plan.ts';

/**
 * Stage 5: the working directory, default `/`, relative to the new root. The launcher's would keep its file system from being unmounted.
 * @throws {NodeJS.ErrnoException} `ENOENT`, `EACCES` for the user the daemon has become
 */
export function stage5WorkingDirectory({ workingDirectory }: Pick<Plan, 'workingDirectory'>): void {
  process.chdir(workingDirectory);
}
