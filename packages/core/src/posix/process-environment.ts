import { readProc } from './proc-file.ts';

/**
 * The environment that a process was executed with, in its order. Later changes in the process's own memory do not show.
 * @returns `null` when there is no such process, not the right to look, or no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html
 */
export function processEnvironment(pid: number): Map<string, string> | null {
  let text: string;
  try {
    text = readProc(`${pid}/environ`);
  } catch {
    return null;
  }
  const entries = text.split('\0').filter((entry) => entry.includes('='));
  return new Map(
    entries.map((entry) => {
      const end = entry.indexOf('=', 1);
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}
