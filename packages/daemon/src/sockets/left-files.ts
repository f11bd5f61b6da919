import { lstatSync, unlinkSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { core } from '../internal/core.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { requestPath } from './request-address.ts';

type Given = Pick<GivenOptions, 'listen'>;

/**
 * Removes the pid file of a daemon that has ended and left it, with its state file and its sockets: a daemon that was killed, or has lost the
 * right to remove its files. Does nothing while the lock is held.
 */
export function removeLeftFiles(pidFile: string, given: Given): void {
  // The lock is held meanwhile: the next daemon has files of the same names.
  core().removeStale(pidFile, () => {
    core().giveBackLeaseState(pidFile);
    removeSocketFiles(pidFile, given);
  });
}

function removeSocketFiles(pidFile: string, { listen }: Given): void {
  const paths = Array.isArray(listen)
    ? listen.map((each) => (typeof each === 'object' && each !== null && 'path' in each ? each.path : each))
    : [];
  for (const path of [...paths, requestPath(pidFile)]) {
    if (typeof path !== 'string' || !isAbsolute(path)) continue;
    try {
      if (lstatSync(path).isSocket()) unlinkSync(path);
    } catch {}
  }
}
