import { flockTakers } from '../posix/process-files.ts';
import { processOwner } from '../posix/process-owner.ts';

/**
 * Another user's process that has a lock on this inode, for error messages only. /proc/locks may list the launcher of the named process
 * although it has handed its lock over.
 * @param named the pid in the file
 */
export function holderOfOtherUser(ino: number, named: number | null): { readonly pid: number; readonly uid: number } | null {
  const mine = process.geteuid?.();
  for (const pid of flockTakers(ino)) {
    const uid = processOwner(pid);
    if (pid !== named && uid !== null && uid !== mine) return { pid, uid };
  }
  return null;
}
