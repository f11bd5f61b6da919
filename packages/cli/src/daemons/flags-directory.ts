import { dirname } from 'node:path';
import type { Declaration } from '@daemonium/core/registry';

/**
 * The directory in which each start has to stand: `--import tsx` and other relative values of Node's flags are found from there, and a program that
 * calls control() runs there. `null`: any will do.
 */
export function flagsDirectory({ by, execArgv, execDirectory, config, workingDirectory }: Declaration): string | null {
  if (execArgv.length === 0 && by === 'command') return null;
  return execDirectory ?? (config === null ? workingDirectory : dirname(config));
}
