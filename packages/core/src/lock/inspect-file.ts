import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { LockFailedError, PidFileInsecureError } from '../errors/lock-errors.ts';
import { networkFileSystem } from '../posix/host.ts';
import { coded } from './options.ts';
import { healLoader } from './same-inode.ts';

const ROOT = 0;

/**
 * Whether a file that was just opened, and is not locked yet, may become our pid file. It is left untouched if not.
 * @throws {LockFailedError} no regular file, or on a filesystem where flock is no lock that a child inherits
 * @throws {PidFileInsecureError} somebody else's file, or one with a second name
 */
export function assertUsable(path: string, stat: Stats, uid: number | undefined): void {
  if (!stat.isFile()) {
    healLoader();
    throw new LockFailedError(path, coded('EINVAL', 'not a regular file'));
  }
  // 0 names: it was removed since it was opened, which the inode check notices.
  if (stat.nlink > 1) throw new PidFileInsecureError(path, `it has ${stat.nlink} hard links, so it is some other file, too`);
  if (stat.uid !== ROOT && stat.uid !== process.geteuid?.() && stat.uid !== uid) {
    throw new PidFileInsecureError(path, `it belongs to uid ${stat.uid}, who can change it`);
  }
  if (!knownLocal.has(stat.dev)) assertLocal(path, stat.dev);
}

/** Directories that were asked once. */
const knownDirectories = new Set<string>();

/**
 * Before the open, which would leave an empty file behind. What is opened is asked about again: something may have been mounted there since.
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

function assertLocal(path: string, dev: number): void {
  assertNotNetwork(path, networkFileSystem(dirname(path)));
  knownLocal.add(dev);
}

/** @throws {LockFailedError} `ENOTSUP` */
export function assertNotNetwork(path: string, fileSystem: string | null): void {
  if (fileSystem === null) return;
  throw new LockFailedError(
    path,
    coded(
      'ENOTSUP',
      `on ${fileSystem} flock is a lock of one process, which a daemon does not inherit; use a local directory such as /run`,
    ),
  );
}
