import { chmodSync, chownSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OTHER = 65_534;

/**
 * Whether this kernel keeps root, too, from opening another user's file in a sticky directory that all may write, as most distributions have it
 * (fs.protected_regular). It is tried: in some containers the setting can be read, and is not the kernel's.
 */
export const isRegularProtected = process.getuid?.() === 0 && isOpenRefused();

function isOpenRefused(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-protected-'));
  const path = join(directory, 'file');
  try {
    chmodSync(directory, 0o1777);
    writeFileSync(path, '');
    chownSync(path, OTHER, OTHER);
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT));
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return true;
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
