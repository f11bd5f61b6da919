import { readFileSync } from 'node:fs';

/** Whether this kernel keeps root, too, from opening another user's file in a sticky directory that all may write, as most distributions have it. */
export const isRegularProtected = levelOf('protected_regular') > 0;

function levelOf(name: string): number {
  try {
    return Number(readFileSync(`/proc/sys/fs/${name}`, 'utf8'));
  } catch {
    return 0;
  }
}
