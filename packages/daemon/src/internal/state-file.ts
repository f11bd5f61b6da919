import { DaemonError } from '../errors.ts';
import { core } from './core.ts';

/**
 * Refuses a file of another program at the path of the state file: a wrong path must not cost a file.
 * @throws {DaemonError} `ERR_STATE_FILE`
 */
export function refuseForeignState(pidFile: string): void {
  if (!core().isForeignState(pidFile)) return;
  const cure = 'is not a state file of a daemon, and is left as it is: remove it, or use another pidFile';
  throw new DaemonError(`'${core().stateFilePath(pidFile)}' ${cure}`, { code: 'ERR_STATE_FILE' });
}
