import type { Constants } from './constants.ts';

/** `<asm-generic/fcntl.h>`, `<asm-generic/resource.h>`; Node runs on no architecture that numbers them otherwise (MIPS, Alpha, SPARC). */
export const LINUX: Constants = {
  F_DUPFD_CLOEXEC: 1030,
  RLIMIT_NOFILE: 7,
  RLIMIT_NPROC: 6,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIM_INFINITY: 0xffff_ffff_ffff_ffffn,
};
