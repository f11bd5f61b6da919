import { lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GROUP_WRITE, OTHERS_WRITE, STICKY } from './file-mode.ts';

/**
 * The switch of Linux that refuses to open this file, and the file's owner; `null` if there is none. In a sticky directory that others can write,
 * open(2) with O_CREAT of a file that is neither the caller's nor the directory owner's is EACCES, to root as well: from 1 on if everybody can write
 * the directory, from 2 on if its group can.
 * @see https://docs.kernel.org/admin-guide/sysctl/fs.html
 */
export function protectedBy(path: string): { readonly name: string; readonly uid: number } | null {
  try {
    // Numbers of 64 bits, because a look at a FIFO with others confuses the loader of modules in Node 20.
    const file = lstatSync(path, { bigint: true });
    const directory = statSync(dirname(path), { bigint: true });
    const mode = Number(directory.mode);
    if ((mode & STICKY) === 0 || file.uid === directory.uid || file.uid === BigInt(process.geteuid?.() ?? 0)) return null;
    const name = file.isFIFO() ? 'protected_fifos' : 'protected_regular';
    const level = Number(readFileSync(`/proc/sys/fs/${name}`, 'utf8'));
    const isRefused = ((mode & OTHERS_WRITE) !== 0 && level >= 1) || ((mode & GROUP_WRITE) !== 0 && level >= 2);
    if (!isRefused) return null;
    return { name: `fs.${name}`, uid: Number(file.uid) };
  } catch {
    return null;
  }
}
