import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasProc } from './processes.ts';

/** sun_path of unix(7), without the NUL. */
const LONGEST = 107;

/**
 * Uses a socket's file by a path that fits into an address: a longer one goes through a descriptor of its directory. It takes /proc;
 * elsewhere it is the system's error.
 * @param use makes the system call before it returns
 */
export function byShortPath<T>(path: string, use: (short: string) => T): T {
  if (Buffer.byteLength(path) <= LONGEST || !hasProc()) return use(path);
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(join(`/proc/self/fd/${directory}`, basename(path)));
  } finally {
    closeSync(directory);
  }
}
