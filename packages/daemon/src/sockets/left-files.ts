import { lstatSync, unlinkSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { GivenOptions } from '../options/given-options.ts';
import { requestPath } from './request-address.ts';

/**
 * Removes the files of sockets that a daemon has left. Call it only while no other process can take the lock: the next daemon has files of
 * the same names.
 */
export function removeSocketFiles(pidFile: string, { listen }: Pick<GivenOptions, 'listen'>): void {
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
