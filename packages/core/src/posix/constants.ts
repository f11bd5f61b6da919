import { FREEBSD, NETBSD, OPENBSD } from './constants-bsd.ts';
import { DARWIN } from './constants-darwin.ts';
import { LINUX } from './constants-linux.ts';
import { type Platform, platform } from './platform.ts';

/** Values that differ between systems. `null`: that system has no such thing. */
export interface Constants {
  readonly F_DUPFD_CLOEXEC: number;
  readonly RLIMIT_NOFILE: number;
  readonly RLIMIT_NPROC: number;
  readonly RLIMIT_MEMLOCK: number;
  readonly RLIMIT_AS: number | null;
  /** "No limit", as the kernel writes it in an unsigned 64-bit field. */
  readonly RLIM_INFINITY: bigint;
}

const TABLES: Readonly<Record<Platform, Constants>> = { linux: LINUX, darwin: DARWIN, freebsd: FREEBSD, openbsd: OPENBSD, netbsd: NETBSD };

/**
 * The values of the running system.
 * @throws {Error} `ERR_PLATFORM`
 */
export function constants(name: Platform = platform()): Constants {
  return TABLES[name];
}

// The same on every supported system: <sys/file.h>, <fcntl.h>, <sys/resource.h>.
/** flock(2): a shared lock. */
export const LOCK_SH = 1;
/** flock(2): an exclusive lock. */
export const LOCK_EX = 2;
/** flock(2): do not wait for the lock. */
export const LOCK_NB = 4;
/** flock(2): free the lock, for everybody who has this open file. */
export const LOCK_UN = 8;
/** fcntl(2): copy a descriptor to the lowest free number from the argument on. */
export const F_DUPFD = 0;
/** fcntl(2): a descriptor's flags. */
export const F_GETFD = 1;
/** fcntl(2): set a descriptor's flags. */
export const F_SETFD = 2;
/** fcntl(2): an open file's status flags. */
export const F_GETFL = 3;
/** fcntl(2): set an open file's status flags. */
export const F_SETFL = 4;
/** A descriptor's flag: closed when the process executes another program. */
export const FD_CLOEXEC = 1;
/** setrlimit(2): processor time, in seconds. */
export const RLIMIT_CPU = 0;
/** setrlimit(2): the size of a file written, in bytes. */
export const RLIMIT_FSIZE = 1;
/** setrlimit(2): the data segment, in bytes. */
export const RLIMIT_DATA = 2;
/** setrlimit(2): the main thread's stack, in bytes. */
export const RLIMIT_STACK = 3;
/** setrlimit(2): the size of a core dump, in bytes; 0 for none. */
export const RLIMIT_CORE = 4;
