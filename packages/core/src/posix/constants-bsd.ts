import type { Constants } from './constants.ts';

/** `<sys/resource.h>` agrees on these among the three. */
const SHARED = { RLIMIT_NOFILE: 8, RLIMIT_NPROC: 7, RLIMIT_MEMLOCK: 6, RLIM_INFINITY: 0x7fff_ffff_ffff_ffffn };

export const FREEBSD: Constants = { ...SHARED, F_DUPFD_CLOEXEC: 17, RLIMIT_AS: 10 };
export const OPENBSD: Constants = { ...SHARED, F_DUPFD_CLOEXEC: 10, RLIMIT_AS: null };
export const NETBSD: Constants = { ...SHARED, F_DUPFD_CLOEXEC: 12, RLIMIT_AS: 10 };
