import { constants, fchmodSync, openSync } from 'node:fs';

/**
 * Opens a log as an attacker may have prepared it: no symlink is followed, and a file that is there keeps its mode.
 * @throws {NodeJS.ErrnoException} `ELOOP` for a symlink, `EACCES`, `EISDIR`, `ENOENT`, ...
 */
export function openForAppending(path: string, mode: number): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NOCTTY;
  try {
    const created = openSync(path, flags | constants.O_CREAT | constants.O_EXCL, mode);
    // Whatever the launcher's umask took away.
    fchmodSync(created, mode);
    return created;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return openSync(path, flags);
  }
}
