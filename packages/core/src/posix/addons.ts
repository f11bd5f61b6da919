import { readProc } from './proc-file.ts';

/**
 * Whether native code other than Node's own is loaded (`*.node`, by whatever way), which may have threads of its own.
 * @returns `true` when it cannot be told
 * @see https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
 */
export function hasAddons(): boolean {
  try {
    return /\.node$/m.test(readProc('self/maps'));
  } catch {
    return true;
  }
}
