import { fstatSync, lstatSync, type Stats, statSync } from 'node:fs';
import { hasCode } from '../posix/call.ts';

/** Identity of a file, whatever its names are. */
export interface Inode {
  readonly dev: number;
  readonly ino: number;
}

/**
 * Device and inode as plain numbers: asking for bigints costs a tenth of a lock cycle. Above 2^53 two inodes could look alike; no
 * filesystem a pid file is kept on counts that far.
 */
export function sameInode(one: Inode, other: Inode): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** The file at `path` itself, also if it is a symbolic link; `null` if there is none. */
export function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

/** The file behind `fd`; `null` if `fd` has been closed. */
export function fstatOrNull(fd: number): Stats | null {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) restoreSymlinkResolution();
    return stat;
  } catch (error) {
    if (hasCode(error, 'EBADF')) return null;
    throw error;
  }
}

/** After fstat of a pipe or socket Node 20's ESM loader stops resolving symbolic links, until the next stat of something else. */
export function restoreSymlinkResolution(): void {
  statSync('/', { throwIfNoEntry: false });
}
