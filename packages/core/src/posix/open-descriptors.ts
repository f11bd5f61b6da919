import { type BigIntStats, fstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { descriptorEntry } from './descriptor-table.ts';
import { isCloseOnExec } from './descriptors.ts';

/** One open descriptor of this process, as the system shows it. */
export interface OpenDescriptor {
  /** Number of the descriptor. */
  readonly fd: number;
  /** The kernel's name for it, `''` where there is no /proc. */
  readonly path: string;
  /** The file behind it, as fstat(2) gives it. */
  readonly stat: BigIntStats;
  /** Whether the programs that this process starts do not get it (FD_CLOEXEC). */
  readonly closeOnExec: boolean;
}

/**
 * Everything this process has open, in the order of the numbers. On Linux without a system call of our own.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 */
export function openDescriptors(): OpenDescriptor[] {
  const linux = process.platform === 'linux';
  // The listing's own descriptor is among the names, and closed by now; nothing below opens another that could be taken for it.
  const fds = readdirSync(linux ? '/proc/self/fd' : '/dev/fd').map(Number);
  return fds
    .sort((one, other) => one - other)
    .flatMap((fd) => {
      try {
        return [linux ? onLinux(fd) : elsewhere(fd)];
      } catch {
        return [];
      }
    });
}

function onLinux(fd: number): OpenDescriptor {
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const stat = statSync(`/proc/self/fd/${fd}`, { bigint: true });
  return { fd, path, stat, closeOnExec: descriptorEntry(fd)?.closeOnExec ?? isCloseOnExec(fd) };
}

function elsewhere(fd: number): OpenDescriptor {
  return { fd, path: '', stat: fstatSync(fd, { bigint: true }), closeOnExec: isCloseOnExec(fd) };
}
