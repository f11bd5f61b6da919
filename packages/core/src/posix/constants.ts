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
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
