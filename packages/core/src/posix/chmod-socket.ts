import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { notSupported, platform } from './platform.ts';

/** `<asm-generic/fcntl.h>`: a descriptor that only names the file. A socket cannot be opened in any other way. */
const O_PATH = 0o10000000;

/**
 * chmod(2) of a socket's file that follows no symbolic link, and changes no other kind of file.
 * @throws {NodeJS.ErrnoException} `ENOTSOCK`: a link, another file, or a socket with a second name
 * @throws {Error} `ERR_PLATFORM`: Node.js has no lchmod() here
 * @see https://man7.org/linux/man-pages/man2/open.2.html O_PATH
 */
export function chmodSocket(path: string, mode: number): void {
  if (platform() !== 'linux') {
    byName(path, mode);
    return;
  }
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isSocket() || stat.nlink !== 1n) throw errnoError('ENOTSOCK', 'not a socket of this process', { syscall: 'chmod', path });
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}

/** lchmod(2), which Node.js has on macOS. */
function byName(path: string, mode: number): void {
  const { lchmodSync } = process.getBuiltinModule('node:fs') as { readonly lchmodSync?: (path: string, mode: number) => void };
  if (lchmodSync === undefined) throw notSupported('a worker thread cannot give a socket its mode; open it in the main thread');
  lchmodSync(path, mode);
}
