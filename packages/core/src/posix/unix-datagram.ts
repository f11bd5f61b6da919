import { closeSync } from 'node:fs';
import { call, systemError } from './call.ts';
import { notSupported, platform } from './platform.ts';
import { systemCall } from './system-call.ts';

const cSocket = systemCall<[domain: number, type: number, protocol: number]>('int socket(int domain, int type, int protocol)');
const cConnect = systemCall<[fd: number, address: Uint8Array, length: number]>('int connect(int fd, const void *address, uint32_t length)');
const cSend = systemCall<[fd: number, data: Uint8Array, length: number, flags: number]>(
  'long send(int fd, const void *data, size_t length, int flags)',
);

// <bits/socket.h> of Linux, the same on all architectures but MIPS, Alpha and SPARC.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** sizeof(sun_path), unix(7): a path needs one byte less, for its NUL; an abstract name has none. */
const LONGEST_PATH = 108;
const FAMILY_BYTES = 2;
const ENAMETOOLONG = 36;
const EINVAL = 22;

/**
 * A `struct sockaddr_un`: a path, or an abstract name with `@` for its leading NUL, whose length is told by the address's length alone.
 * @throws {NodeJS.ErrnoException} `ENAMETOOLONG`, `EINVAL`
 * @throws {Error} `ERR_PLATFORM` where the structure is another
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export function unixAddress(name: string): Uint8Array {
  if (platform() !== 'linux') {
    throw notSupported('the address is laid out for Linux');
  }
  const isAbstract = name.startsWith('@');
  if (name.includes('\0') || name === '@' || !(isAbstract || name.startsWith('/'))) throw systemError('connect', EINVAL, name);
  const text = Buffer.from(isAbstract ? `\0${name.slice(1)}` : `${name}\0`);
  if (text.length > LONGEST_PATH) throw systemError('connect', ENAMETOOLONG, name);
  const address = Buffer.alloc(FAMILY_BYTES + text.length);
  if (process.getBuiltinModule('node:os').endianness() === 'LE') address.writeUInt16LE(AF_UNIX);
  else address.writeUInt16BE(AF_UNIX);
  text.copy(address, FAMILY_BYTES);
  return address;
}

/**
 * `socket(AF_UNIX, SOCK_DGRAM)` and `connect(fd, name)`. Children do not inherit it. Close it with `fs.closeSync`.
 * @param name a path, or `@name` in the abstract namespace
 * @returns the descriptor
 * @throws {NodeJS.ErrnoException} `ENOENT`, `ECONNREFUSED` (no process listens), `EACCES`, `EPROTOTYPE` (a stream socket), ...
 * @see https://man7.org/linux/man-pages/man2/connect.2.html
 */
export function connectUnixDatagram(name: string): number {
  const address = unixAddress(name);
  const fd = call('socket', () => cSocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    call('connect', () => cConnect(fd, address, address.length), name);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * `send(fd, data, MSG_DONTWAIT | MSG_NOSIGNAL)`: one datagram, whole or not at all, without waiting.
 * @throws {NodeJS.ErrnoException} `EAGAIN` (the receiver's queue is full), `ECONNREFUSED` (it is gone), `ENOTCONN`, `EMSGSIZE`
 * @see https://man7.org/linux/man-pages/man2/send.2.html
 */
export function sendDatagram(fd: number, data: string): void {
  const bytes = Buffer.from(data);
  call('send', () => cSend(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
}
