import { statfsSync } from 'node:fs';
import { readProc } from './proc-file.ts';

/** A new one at every boot: with it, a pid and its start time name a process for ever. `null` where there is no /proc. */
export function bootId(): string | null {
  try {
    return readProc('sys/kernel/random/boot_id').trim();
  } catch {
    return null;
  }
}

/** Milliseconds since boot, suspended time included, as the kernel counts the start times of processes. `null` where there is no /proc. */
export function uptime(): number | null {
  try {
    return Number.parseFloat(readProc('uptime')) * 1000;
  } catch {
    return null;
  }
}

/**
 * `f_type` of statfs(2), from <linux/magic.h>, for filesystems whose flock(2) is made over into a byte-range lock of one process, which a child
 * does not inherit. On FUSE (sshfs) it is whatever the mount's own program makes of it: two daemons held one lock at a time.
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
]);

/**
 * Name of the network filesystem, FUSE included, that holds `path`; `null` if the filesystem is local or unknown.
 * @see https://man7.org/linux/man-pages/man2/statfs.2.html
 */
export function networkFileSystem(path: string): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return NETWORK_FILE_SYSTEMS.get(statfsSync(path).type >>> 0) ?? null;
  } catch {
    return null;
  }
}
