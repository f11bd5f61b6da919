import { type OpenDescriptor, openDescriptors } from './posix/open-descriptors.ts';

/** Kind of the file behind a descriptor; `anonymous`: epoll, eventfd, pidfd and the like. */
export type OpenFileKind = 'file' | 'directory' | 'fifo' | 'socket' | 'character' | 'block' | 'anonymous';

/** One open descriptor of this process. */
export interface OpenFile {
  /** Number of the descriptor. */
  readonly fd: number;
  /** The kernel's name for the file: a path, `/x (deleted)`, `socket:[123]`, `anon_inode:[eventpoll]`; `''` where there is no /proc. */
  readonly path: string;
  /** Kind of the file. */
  readonly kind: OpenFileKind;
  /** Whether the programs that this process starts do not get it. */
  readonly closeOnExec: boolean;
}

/** Everything this process has open, in the order of the numbers, Node's own descriptors included. */
export function openFiles(): OpenFile[] {
  return openDescriptors().map((open) => ({ fd: open.fd, path: open.path, kind: kindOf(open), closeOnExec: open.closeOnExec }));
}

function kindOf({ path, stat }: OpenDescriptor): OpenFileKind {
  // epoll, eventfd, pidfd and the like, of whatever type the kernel's version says they are.
  if (path.startsWith('anon_inode:') || path.startsWith('pidfd:')) return 'anonymous';
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  if (stat.isCharacterDevice()) return 'character';
  return stat.isBlockDevice() ? 'block' : 'anonymous';
}
