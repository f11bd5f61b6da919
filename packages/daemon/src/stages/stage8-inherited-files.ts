import { closeSync, fstatSync } from 'node:fs';
import type { StrayDescriptor } from '../protocol/start-payload.ts';

/**
 * Stage 8: closes files that were inherited by accident. The launcher has listed number, device and inode of every descriptor that exec
 * left open without being asked for. So Node's own files, and files that the daemon opened meanwhile, stay open.
 */
export function stage8InheritedFiles(strays: readonly StrayDescriptor[]): void {
  for (const [fd, dev, ino] of strays) if (isStill(fd, dev, ino)) closeSync(fd);
}

function isStill(fd: number, dev: string, ino: string): boolean {
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    const stat = fstatSync(fd, { bigint: true });
    return String(stat.dev) === dev && String(stat.ino) === ino;
  } catch {
    return false;
  }
}
