import { call } from './call.ts';
import { notSupported, platform } from './platform.ts';
import { systemCall } from './system-call.ts';

const cGetsockopt = systemCall<[fd: number, level: number, option: number, value: Int32Array, length: Int32Array]>(
  'int getsockopt(int fd, int level, int option, void *value, void *length)',
);

// <asm-generic/socket.h>, the same on all architectures but MIPS, Alpha, PA-RISC and SPARC.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred`: pid, uid, gid. */
const UCRED = 3;

/** The process at the other end of a Unix socket, as it was when it connected. */
export interface PeerCredentials {
  /** Pid of the process; 0 if this pid namespace does not have it. */
  readonly pid: number;
  /** Effective uid. */
  readonly uid: number;
  /** Effective gid. */
  readonly gid: number;
}

/**
 * `getsockopt(fd, SOL_SOCKET, SO_PEERCRED)`: the process that has connected, according to the kernel.
 * @param fd a connected Unix stream socket
 * @throws {NodeJS.ErrnoException} `EBADF`, `ENOTSOCK`
 * @throws {Error} `ERR_PLATFORM` elsewhere than on Linux
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export function peerCredentials(fd: number): PeerCredentials {
  if (platform() !== 'linux') throw notSupported("SO_PEERCRED is Linux's");
  const value = new Int32Array(UCRED);
  const length = new Int32Array([value.byteLength]);
  call('getsockopt', () => cGetsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length));
  const [pid = 0, uid = -1, gid = -1] = value;
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}
