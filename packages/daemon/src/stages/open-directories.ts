import { fstatSync } from 'node:fs';
import { descriptorPath, descriptorTable } from '@daemonium/core/start';
import type { StrayDescriptor } from '../protocol/start-payload.ts';

/**
 * Warns of directories that stay open: with fchdir(2) or openat(2) each is a way out of a new root directory. Looks before chroot, because most
 * jails have no /proc. Resolves once it is printed: stage 9 takes stderr away.
 * @see https://man7.org/linux/man-pages/man2/chroot.2.html
 */
export async function warnOpenDirectories(strays: readonly StrayDescriptor[]): Promise<void> {
  const closed = new Set(strays.map(([fd]) => fd));
  const open = descriptorTable().flatMap(({ fd }) => (closed.has(fd) || !isDirectory(fd) ? [] : [`${fd} (${descriptorPath(fd)})`]));
  if (open.length === 0) return;
  process.emitWarning(
    `Directories are open, and lead out of the root directory: descriptor ${open.join(', ')}. Close them before the start, or open them in run()`,
    { type: 'DaemonWarning', code: 'DAEMONIUM_OPEN_DIRECTORY' },
  );
  await new Promise((resolve) => setImmediate(resolve));
}

function isDirectory(fd: number): boolean {
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    return fstatSync(fd, { bigint: true }).isDirectory();
  } catch {
    return false;
  }
}
