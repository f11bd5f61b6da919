import { dirname } from 'node:path';
import type { Declaration } from '@daemonium/core/registry';

/** The directory from which `--import tsx` and other relative values of Node's flags are found, at each start; `null`: there are no flags. */
export function flagsDirectory({ by, execArgv, execDirectory, config, workingDirectory }: Declaration): string | null {
  if (execArgv.length === 0 && by === 'command') return null;
  return execDirectory ?? (config === null ? workingDirectory : dirname(config));
}
