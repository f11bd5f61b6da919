import { core } from '../internal/core.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { removeSocketFiles } from '../sockets/left-files.ts';

/**
 * Removes the pid file of a daemon that has ended and left it, and what belongs to it: a daemon that was killed, or has lost the right to
 * remove its files. Does nothing while the lock is held.
 */
export function removeLeftFiles(pidFile: string, given: Pick<GivenOptions, 'listen'>): void {
  core().removeStale(pidFile, () => {
    core().giveBackLeaseState(pidFile);
    removeSocketFiles(pidFile, given);
  });
}
