import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { hasCode } from '../posix/call.ts';
import { createFile } from '../posix/create-file.ts';
import { GROUP_AND_OTHERS_WRITE, showMode } from '../posix/file-mode.ts';
import { randomHex } from '../posix/random.ts';
import { unusable } from './directories.ts';
import { RegistryError } from './registry-error.ts';

/** A declaration has some hundred bytes; a file larger than this is no declaration. */
const LARGEST = 1_000_000;

/**
 * Text of a file that root or `uid` made, and that no other user can change.
 * @returns `null` when there is none
 * @throws {RegistryError} `ERR_DECLARATION_FOREIGN`, `ERR_REGISTRY_UNUSABLE`
 */
export function readOwn(path: string, uid: number): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    if (hasCode(error, 'ELOOP')) throw foreign(path, 'it is a symbolic link');
    throw unusable(path, 'read', error);
  }
  try {
    const fault = faultOf(fstatSync(fd), uid);
    if (fault !== null) throw foreign(path, fault);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a file, 0600, whole or not at all, whenever the machine stops. With `durable` the file is on the disk when this returns, which
 * takes as long as all other writing of a start together.
 * @throws {RegistryError} `ERR_REGISTRY_UNUSABLE`
 */
export function writeOwn(path: string, text: string, durable: boolean): void {
  const temporary = `${path}.${randomHex(8)}.tmp`;
  try {
    const fd = createFile(temporary, constants.O_WRONLY, 0o600);
    try {
      writeFileSync(fd, text);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw unusable(path, 'written', cause);
  }
}

/** @throws {RegistryError} `ERR_REGISTRY_UNUSABLE` */
export function removeOwn(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw unusable(path, 'removed', cause);
  }
}

function faultOf(file: Stats, uid: number): string | null {
  if (!file.isFile()) return 'it is not a regular file';
  if (file.uid !== uid && file.uid !== 0) return `it belongs to uid ${file.uid}`;
  if ((file.mode & GROUP_AND_OTHERS_WRITE) !== 0) return `others may write to it (mode ${showMode(file.mode)})`;
  return file.size > LARGEST ? `it has ${file.size} bytes` : null;
}

function foreign(path: string, why: string): RegistryError {
  return new RegistryError(
    `'${path}' is not used: ${why}. Expected a file of this user that no other user can write to. It was left as it is; remove it if it should not be there`,
    'ERR_DECLARATION_FOREIGN',
    path,
  );
}
