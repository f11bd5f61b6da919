import { call } from './call.ts';
import { F_GETFD, F_SETFD, FD_CLOEXEC } from './constants.ts';
import { declare } from './libc.ts';

const cDup2 = declare<(from: number, to: number) => number>('int dup2(int from, int to)');
// Variadic in C, and on Apple's ARM passed otherwise than a fixed argument.
const cFcntl = declare<(fd: number, command: number, type: 'int', argument: number) => number>('int fcntl(int fd, int command, ...)');

/**
 * `dup2(from, to)`: make `to` a copy of `from`, closing what `to` was. The copy is inherited by children.
 * @returns `to`
 * @throws {NodeJS.ErrnoException} `EBADF`, `EMFILE`
 * @see https://man7.org/linux/man-pages/man2/dup.2.html
 */
export function dup2(from: number, to: number): number {
  return call('dup2', () => cDup2(from, to));
}

/**
 * `fcntl(fd, command, argument)` for the commands that take a number or nothing.
 * @throws {NodeJS.ErrnoException} `EBADF`, `EINVAL`
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
export function fcntl(fd: number, command: number, argument = 0): number {
  return call('fcntl', () => cFcntl(fd, command, 'int', argument));
}

/**
 * `fcntl(fd, F_SETFD, ...)`: whether programs this process starts are kept from `fd`.
 * @param on default `true`: kept from it
 * @throws {NodeJS.ErrnoException} `EBADF`
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
export function setCloseOnExec(fd: number, on = true): void {
  fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

/**
 * `fcntl(fd, F_GETFD)`
 * @throws {NodeJS.ErrnoException} `EBADF`
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
export function isCloseOnExec(fd: number): boolean {
  return (fcntl(fd, F_GETFD) & FD_CLOEXEC) !== 0;
}
