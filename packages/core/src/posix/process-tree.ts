import { readProc } from './proc-file.ts';
import { readStat } from './process-stat.ts';

/** The relations of a process to others. */
export interface ProcessPlace {
  /** Pid of the process. */
  readonly pid: number;
  /** The name of its program, at most 15 characters. */
  readonly comm: string;
  /** Pid of its parent; 0 for init, and for a process whose parent is outside of the pid namespace. */
  readonly parent: number;
  /** Pid of the leader of its process group. */
  readonly group: number;
  /** Pid of the leader of its session; 0 when the leader is outside of the pid namespace. */
  readonly session: number;
  /** Device number of the controlling terminal; 0: none. */
  readonly terminal: number;
}

/**
 * The head of `/proc/PID/stat`, in one read.
 * @returns `null` when there is no such process, or no /proc
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processPlace(pid: number): ProcessPlace | null {
  try {
    const { comm, fields } = readStat(pid);
    const [, parent, group, session, terminal] = fields;
    return { pid, comm, parent: Number(parent), group: Number(group), session: Number(session), terminal: Number(terminal) };
  } catch {
    return null;
  }
}

/**
 * The words of `/proc/PID/cmdline`. A program can overwrite them: `npm start` in one word is npm's title.
 * @returns an empty list when there is no such process, or none to see
 * @see https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html
 */
export function processArguments(pid: number): string[] {
  return (read(`${pid}/cmdline`) ?? '').replace(/\0+$/, '').split('\0').filter(Boolean);
}

/**
 * Whether the socket with this inode number is an internet one (AF_INET, AF_INET6), by the tables of this network namespace.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 */
export function isInternetSocket(ino: bigint): boolean {
  // Pipes between programs are mostly unix sockets, and their table is short: /proc/net/tcp of a busy server has a line for each connection. So it
  // comes first.
  if (listed('unix', ino)) return false;
  return ['tcp', 'tcp6', 'udp', 'udp6'].some((table) => listed(table, ino));
}

function listed(table: string, ino: bigint): boolean {
  const text = read(`self/net/${table}`);
  return text !== null && new RegExp(` ${ino}[ \\n]`).test(text);
}

function read(path: string): string | null {
  try {
    return readProc(path);
  } catch {
    return null;
  }
}
