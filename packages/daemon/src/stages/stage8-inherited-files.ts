import { closeSync, fstatSync } from 'node:fs';
import type { StrayDescriptor } from '../protocol/start-payload.ts';

/**
 * Stage 8: close what came along without being asked for. The launcher has told number, device and inode of everything that exec left
 * open beside what was passed on purpose, so nothing of Node's own and nothing that the daemon opened meanwhile is touched.
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
