import { loadCore } from '../internal/core.ts';
import type { StrayDescriptor } from '../protocol/start-payload.ts';
import { warn } from './warn.ts';

/**
 * Warns of directories that stay open: with fchdir(2) or openat(2) each is a way out of a new root directory. Looks before chroot, because most
 * jails have no /proc.
 * @param strays stage 8 closes them
 * @see https://man7.org/linux/man-pages/man2/chroot.2.html
 */
export async function warnOpenDirectories(strays: readonly StrayDescriptor[]): Promise<void> {
  const closed = new Set(strays.map(([fd]) => fd));
  const { openFiles } = await loadCore();
  const open = openFiles().flatMap(({ fd, kind, path }) => (closed.has(fd) || kind !== 'directory' ? [] : [`${fd} (${path})`]));
  if (open.length === 0) return;
  await warn(
    'DAEMONIUM_OPEN_DIRECTORY',
    `Directories are open, and lead out of the root directory: descriptor ${open.join(', ')}. Close them before the start, or open them in run()`,
  );
}
