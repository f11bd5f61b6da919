import { readFileSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/**
 * Sets a switch of the kernel for the time of one test.
 * @param name below /proc/sys: `fs/protected_hardlinks`
 * @returns `false` where it cannot be set: not root, or a container whose /proc/sys is read-only
 */
export function kernelSetting(name: string, value: string): boolean {
  const path = `/proc/sys/${name}`;
  try {
    const before = readFileSync(path, 'utf8');
    if (before.trim() === value) return true;
    writeFileSync(path, value);
    onTestFinished(() => writeFileSync(path, before));
    return readFileSync(path, 'utf8').trim() === value;
  } catch {
    return false;
  }
}
