import { call } from './call.ts';
import { F_GETFD, F_SETFD, FD_CLOEXEC } from './constants.ts';
import { systemCall } from './system-call.ts';

const cDup2 = systemCall<[from: number, to: number]>('int dup2(int from, int to)');
// Variadic in C, and on Apple's ARM passed otherwise than a fixed argument.
const cFcntl = systemCall<[fd: number, command: number, argument: number]>('int fcntl(int fd, int command, ...)', 'int');

/**
 * `dup2(from, to)`: makes `to` a copy of `from`, and closes the file that was at `to`. The copy is inherited by children.
 * @returns `to`
 * @throws {NodeJS.ErrnoException} `EBADF`, `EMFILE`
 * @see https://man7.org/linux/man-pages/man2/dup.2.html
 */
export function dup2(from: number, to: number): number {
  // dup3(2), the only call of its kind on arm64, refuses two equal numbers.
  call('dup2', () => (from === to ? cFcntl(from, F_GETFD, 0) : cDup2(from, to)));
  return to;
}

/**
 * `fcntl(fd, command, argument)` for the commands that take a number or nothing.
 * @throws {NodeJS.ErrnoException} `EBADF`, `EINVAL`
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
export function fcntl(fd: number, command: number, argument = 0): number {
  return call('fcntl', () => cFcntl(fd, command, argument));
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
