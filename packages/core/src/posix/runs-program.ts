import { readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { readProc } from './proc-file.ts';

/** The kernel appends this to the path of a file that has been removed or replaced. */
const REPLACED = / \(deleted\)$/;

/** The path of a process's executable, as it was executed; `null` when that cannot be seen. */
export function processExecutable(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(REPLACED, '');
  } catch {
    return null;
  }
}

/**
 * Whether a process runs this process's executable with `script` among its arguments.
 * @returns `false` when that cannot be seen
 * @see https://man7.org/linux/man-pages/man5/proc_pid_exe.5.html
 */
export function runsProgram(pid: number, script: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false;
    const wanted = realpathSync(script);
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    const [, ...argv] = readProc(`${pid}/cmdline`).split('\0');
    return argv.some((argument) => argument !== '' && realpathOrNull(resolve(directory, argument)) === wanted);
  } catch {
    return false;
  }
}

function realpathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
