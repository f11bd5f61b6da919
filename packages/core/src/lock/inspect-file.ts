import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errnoError } from '../errors/errno-error.ts';
import { LockFailedError } from '../errors/lock-errors.ts';
import { networkFileSystem } from '../posix/host.ts';
import { restoreSymlinkResolution } from './same-inode.ts';

/** @throws {LockFailedError} `EINVAL`; it was left untouched */
export function assertRegular(path: string, stat: Stats): void {
  if (stat.isFile()) return;
  restoreSymlinkResolution();
  throw new LockFailedError(path, errnoError('EINVAL', 'not a regular file'));
}

/** Directories that were asked once. */
const knownDirectories = new Set<string>();

/**
 * Before open(), which would leave an empty file behind. The open file is checked again: a file system may have been mounted there
 * meanwhile.
 * @throws {LockFailedError} `ENOTSUP`
 */
export function assertLocalDirectory(path: string): void {
  const directory = dirname(path);
  if (knownDirectories.has(directory)) return;
  assertNotNetwork(path, networkFileSystem(directory));
  knownDirectories.add(directory);
}

/** Devices that were asked once: a statfs a lock cycle is a tenth of it. */
const knownLocal = new Set<number>();

/** @throws {LockFailedError} `ENOTSUP` */
export function assertLocal(path: string, dev: number): void {
  if (knownLocal.has(dev)) return;
  assertNotNetwork(path, networkFileSystem(dirname(path)));
  knownLocal.add(dev);
}

/** @throws {LockFailedError} `ENOTSUP` */
export function assertNotNetwork(path: string, fileSystem: string | null): void {
  if (fileSystem === null) return;
  const why =
    fileSystem === 'FUSE'
      ? 'on FUSE (sshfs and its like) flock works as the mount decides, and two daemons could hold one lock'
      : `on ${fileSystem} flock is a lock of one process, which a daemon does not inherit`;
  throw new LockFailedError(path, errnoError('ENOTSUP', `${why}; use a local directory such as /run`));
}
