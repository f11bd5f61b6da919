import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { call, systemError } from './call.ts';
import { readProc } from './proc-file.ts';
import { systemCall } from './system-call.ts';

/** Real, effective, saved and filesystem id, in the order of /proc. */
export type Ids = readonly [real: number, effective: number, saved: number, filesystem: number];

/** Credentials of one thread. The kernel keeps them per thread; only the C library makes them look like the process's. */
export interface ThreadCredentials {
  /** Thread id (tid); the main thread has the pid of the process. */
  readonly tid: number;
  /** User ids. */
  readonly uids: Ids;
  /** Group ids. */
  readonly gids: Ids;
  /** Supplementary groups, each a gid. */
  readonly groups: readonly number[];
  /** Capabilities as bit sets; `null` where the system has none, or there is no /proc to tell. */
  readonly capabilities: Capabilities | null;
}

/** A thread's sets of capabilities. Root may come back by any of them. */
export interface Capabilities {
  /** Bit set of the capabilities that the thread may use. */
  readonly permitted: bigint;
  /** Bit set of the capabilities that a program with such ones in its file keeps. */
  readonly inheritable: bigint;
  /** Bit set of the capabilities that the kernel checks. */
  readonly effective: bigint;
  /** Bit set of the capabilities that any program keeps. */
  readonly ambient: bigint;
}

const cChroot = systemCall<[path: Uint8Array]>('int chroot(const void *path)');
const EINVAL = 22;

/**
 * `chroot(path)`: paths of this process begin at `path` from now on. The working directory stays where it is, outside: follow with `chdir('/')`.
 * @throws {NodeJS.ErrnoException} `EPERM`, `ENOENT`, `ENOTDIR`, `EACCES`, `EINVAL` (a NUL in it)
 * @see https://man7.org/linux/man-pages/man2/chroot.2.html
 */
export function chroot(path: string): void {
  // C would stop reading at the NUL, and take another directory.
  if (path.includes('\0')) throw systemError('chroot', EINVAL, path);
  call('chroot', () => cChroot(Buffer.from(`${path}\0`)), path);
}

/**
 * The credentials of every thread of this process, out of `/proc/self/task`. A raw setuid(2) changes one thread and leaves eleven root.
 * Without /proc a single entry with what Node says of the process.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function threadCredentials(): ThreadCredentials[] {
  const tids = readTasks();
  if (tids.length === 0) return [ofProcess()];
  return tids.flatMap((tid) => {
    try {
      return [parseStatus(Number(tid), readProc(`self/task/${tid}/status`))];
    } catch {
      // A thread that has ended meanwhile.
      return [];
    }
  });
}

/** Threads that can still be looked at when /proc is out of reach. */
export interface WatchedThreads {
  /** The present credentials of each thread. A thread that has ended is left out. */
  read(): ThreadCredentials[];
  /** Closes the files. */
  close(): void;
}

/**
 * Keeps every thread's `/proc/self/task/TID/status` open, to look at it from inside of a chroot. None where there is no /proc.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function watchThreads(): WatchedThreads {
  const files = readTasks().flatMap((tid) => {
    try {
      return [{ tid: Number(tid), fd: openSync(`/proc/self/task/${tid}/status`, 'r') }];
    } catch {
      return [];
    }
  });
  return {
    read: () =>
      files.flatMap(({ tid, fd }) => {
        try {
          return [parseStatus(tid, readFromStart(fd))];
        } catch {
          return [];
        }
      }),
    close: () => {
      for (const { fd } of files) closeSync(fd);
    },
  };
}

function readTasks(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}

/** The kernel writes the text anew for each reading from 0 on; a page holds it, however many groups there are it is read in one. */
function readFromStart(fd: number): string {
  const buffer = Buffer.allocUnsafe(1 << 20);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = readSync(fd, buffer, length, buffer.length - length, length);
  }
  return buffer.toString('latin1', 0, length);
}

function parseStatus(tid: number, status: string): ThreadCredentials {
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  const numbers = (name: string) => field(name).split(/\s+/).filter(Boolean).map(Number);
  const set = (name: string) => BigInt(`0x${field(name) || '0'}`);
  return {
    tid,
    uids: numbers('Uid') as unknown as Ids,
    gids: numbers('Gid') as unknown as Ids,
    groups: numbers('Groups'),
    capabilities: { permitted: set('CapPrm'), inheritable: set('CapInh'), effective: set('CapEff'), ambient: set('CapAmb') },
  };
}

function ofProcess(): ThreadCredentials {
  const ids = (real = -1, effective = -1): Ids => [real, effective, effective, effective];
  return {
    tid: process.pid,
    uids: ids(process.getuid?.(), process.geteuid?.()),
    gids: ids(process.getgid?.(), process.getegid?.()),
    groups: process.getgroups?.() ?? [],
    capabilities: null,
  };
}
