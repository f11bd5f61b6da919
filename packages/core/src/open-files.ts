import { type BigIntStats, fstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { isCloseOnExec } from './posix/descriptors.ts';

export type OpenFileKind = 'file' | 'directory' | 'fifo' | 'socket' | 'character' | 'block' | 'anonymous';

export interface OpenFile {
  readonly fd: number;
  /** What the kernel calls it: a path, `/x (deleted)`, `socket:[123]`, `anon_inode:[eventpoll]`; `''` where there is no /proc. */
  readonly path: string;
  readonly kind: OpenFileKind;
  /** Whether programs this process starts are kept from it. */
  readonly closeOnExec: boolean;
}

/**
 * Everything this process has open, in the order of the numbers, Node's own descriptors included.
 * @throws {Error} `ERR_PLATFORM` on a system with neither /proc nor POSIX calls known here
 */
export function openFiles(): OpenFile[] {
  if (process.platform !== 'linux') return descriptorsIn('/dev/fd').flatMap(elsewhere);
  return descriptorsIn('/proc/self/fd').flatMap(onLinux);
}

function descriptorsIn(directory: string): number[] {
  return readdirSync(directory)
    .map(Number)
    .sort((one, other) => one - other);
}

/** Flag of `/proc/PID/fdinfo`, octal there; the same on all architectures Node runs on. */
const O_CLOEXEC = 0o2000000;

function onLinux(fd: number): OpenFile[] {
  try {
    // The listing's own descriptor is closed by now, and none of these calls opens another that could be taken for it.
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    const stat = statSync(`/proc/self/fd/${fd}`, { bigint: true });
    const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0', 8);
    return [{ fd, path, kind: kindOf(stat, path), closeOnExec: (flags & O_CLOEXEC) !== 0 }];
  } catch {
    return [];
  }
}

function elsewhere(fd: number): OpenFile[] {
  let stat: BigIntStats;
  try {
    stat = fstatSync(fd, { bigint: true });
  } catch {
    return [];
  }
  return [{ fd, path: '', kind: kindOf(stat, ''), closeOnExec: isCloseOnExec(fd) }];
}

function kindOf(stat: BigIntStats, path: string): OpenFileKind {
  // epoll, eventfd, pidfd and the like, of whatever type the kernel's version says they are.
  if (path.startsWith('anon_inode:') || path.startsWith('pidfd:')) return 'anonymous';
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  if (stat.isCharacterDevice()) return 'character';
  return stat.isBlockDevice() ? 'block' : 'anonymous';
}
