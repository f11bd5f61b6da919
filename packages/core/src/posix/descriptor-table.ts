import { readdirSync } from 'node:fs';
import { readProc } from './proc-file.ts';

/** O_CLOEXEC as Linux shows it in /proc/PID/fdinfo. */
const CLOEXEC = 0o2000000;

/** One entry of a process's descriptor table. */
export interface DescriptorEntry {
  readonly fd: number;
  /** The open file's flags, as open(2) and fcntl(2) F_GETFL have them. */
  readonly flags: number;
  readonly closeOnExec: boolean;
}

/**
 * This process's descriptors, from /proc/self/fdinfo: no system call of our own, so koffi stays unloaded.
 * @returns an empty list where there is no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html
 */
export function descriptorTable(): DescriptorEntry[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fdinfo');
  } catch {
    return [];
  }
  return names.flatMap((name) => descriptorEntry(Number(name)) ?? []);
}

/**
 * Offset of an open file: the next read or write begins there. A write with O_APPEND moves it to the end of that write.
 * @returns `null` when it is not open or there is no /proc
 */
export function filePosition(fd: number): number | null {
  try {
    const [, position] = /^pos:\s*(\d+)/m.exec(readProc(`self/fdinfo/${fd}`)) ?? [];
    return position === undefined ? null : Number(position);
  } catch {
    return null;
  }
}

/** One descriptor's entry, or `null` when it is not open or there is no /proc. */
export function descriptorEntry(fd: number): DescriptorEntry | null {
  let text: string;
  try {
    text = readProc(`self/fdinfo/${fd}`);
  } catch {
    // The directory's own descriptor is listed, too, and is gone by now.
    return null;
  }
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '0', 8);
  return { fd, flags, closeOnExec: (flags & CLOEXEC) !== 0 };
}
