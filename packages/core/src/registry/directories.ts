import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../posix/call.ts';
import { GROUP_AND_OTHERS_WRITE, showMode } from '../posix/file-mode.ts';
import type { Places } from './places.ts';
import { RegistryError } from './registry-error.ts';

/** Makes the places that are missing, 0700. @throws {RegistryError} */
export function makePlaces({ declarations, locks, logs, uid }: Places): void {
  for (const directory of new Set([declarations, locks, logs])) {
    try {
      mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
      if (!isThere(directory)) mkdirSync(directory, { mode: 0o700 });
    } catch (cause) {
      if (!hasCode(cause, 'EEXIST')) throw unusable(directory, 'made', cause);
    }
    checkDirectory(directory, uid);
  }
}

/**
 * Refuses a directory that other users can write: they could put any file into it.
 * @returns `false` when there is no such directory
 * @throws {RegistryError} `ERR_REGISTRY_INSECURE`
 */
export function checkDirectory(directory: string, uid: number): boolean {
  const found = look(directory);
  if (found === null) return false;
  const insecure = (why: string) =>
    new RegistryError(
      `'${directory}' is not used: ${why}. Expected a directory of uid ${uid} that no other user can write to`,
      'ERR_REGISTRY_INSECURE',
      directory,
    );
  if (!found.isDirectory()) throw insecure(found.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a directory');
  if (found.uid !== uid && found.uid !== 0) throw insecure(`it belongs to uid ${found.uid}`);
  if ((found.mode & GROUP_AND_OTHERS_WRITE) !== 0) throw insecure(`others may write to it (mode ${showMode(found.mode)})`);
  return true;
}

function isThere(directory: string): boolean {
  return look(directory) !== null;
}

function look(directory: string): Stats | null {
  try {
    return lstatSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw unusable(directory, 'looked at', error);
  }
}

export function unusable(path: string, done: string, cause: unknown): RegistryError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const cure = code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? '; XDG_STATE_HOME can name another directory' : '';
  return new RegistryError(`'${path}' cannot be ${done}: ${message}${cure}`, 'ERR_REGISTRY_UNUSABLE', path, { cause });
}
