import type { PidLockFile } from '@daemonium/core';
import { OptionError } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { resolvePath } from './paths.ts';

/** The lock of a `pidFile` option. @throws {OptionError} the value is neither path nor lock */
export function lockOf(pidFile: unknown): PidLockFile | null {
  if (pidFile === undefined || pidFile === null) return null;
  const { PidLockFile } = core();
  if (pidFile instanceof PidLockFile) return pidFile;
  if (typeof pidFile !== 'string' && !(pidFile instanceof URL)) {
    throw new OptionError('pidFile', 'a path, a file: URL or a PidLockFile', pidFile, 'ERR_OPTION_TYPE');
  }
  // The lock's own error would not name the option.
  return new PidLockFile(resolvePath('pidFile', pidFile));
}
