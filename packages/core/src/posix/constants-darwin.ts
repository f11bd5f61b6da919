import type { Constants } from './constants.ts';

/** xnu `<sys/fcntl.h>`, `<sys/resource.h>`. */
export const DARWIN: Constants = {
  F_DUPFD_CLOEXEC: 67,
  RLIMIT_NOFILE: 8,
  RLIMIT_NPROC: 7,
  RLIMIT_MEMLOCK: 6,
  RLIMIT_AS: 5,
  RLIM_INFINITY: 0x7fff_ffff_ffff_ffffn,
};
