import { setCloseOnExec } from '@daemonium/core/posix';
import { arrivedDescriptors, descriptorEntry, sharedState } from '@daemonium/core/start';
import { conditionOf, type OpenFile } from './open.ts';

/**
 * The descriptor that the launcher opened for this path and handed to this daemon; once only, a second logger opens the file by itself.
 * The path may be out of reach by now, behind a chroot or lost privileges, so the inode is compared and not the path.
 * @returns `null` when none came, or when its number names another file by now
 */
export function adoptDescriptor(path: string): OpenFile | null {
  for (const handed of [...arrivedDescriptors()]) {
    if (handed.path !== path) continue;
    const { descriptors } = sharedState();
    descriptors.splice(descriptors.indexOf(handed), 1);
    if (conditionOf(handed) === 'foreign') continue;
    // Node marks only inherited descriptors below 16: a higher one would go to every child of the daemon.
    if (descriptorEntry(handed.fd)?.closeOnExec !== true) setCloseOnExec(handed.fd, true);
    return { fd: handed.fd, dev: handed.dev, ino: handed.ino };
  }
  return null;
}
