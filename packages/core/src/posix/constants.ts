// The same on every supported system: <sys/file.h>, <fcntl.h>, <sys/resource.h>.
/** flock(2): a shared lock. */
export const LOCK_SH = 1;
/** flock(2): an exclusive lock. */
export const LOCK_EX = 2;
/** flock(2): do not wait for the lock. */
export const LOCK_NB = 4;
/** fcntl(2): copy a descriptor to the lowest free number from the argument on. */
export const F_DUPFD = 0;
/** fcntl(2): a descriptor's flags. */
export const F_GETFD = 1;
/** fcntl(2): set a descriptor's flags. */
export const F_SETFD = 2;
/** A descriptor's flag: closed when the process executes another program. */
export const FD_CLOEXEC = 1;
/** setrlimit(2): the size of a core dump, in bytes; 0 for none. */
export const RLIMIT_CORE = 4;
