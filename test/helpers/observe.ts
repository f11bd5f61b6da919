import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { constants } from 'node:os';

export interface Descriptor {
  readonly fd: number;
  /** As /proc shows it: a path, `pipe:[1234]`, `socket:[1234]`, `anon_inode:[eventpoll]`. */
  readonly target: string;
  /** Of open(2), without O_CLOEXEC. */
  readonly flags: number;
  readonly closeOnExec: boolean;
  /** The FLOCK, POSIX and LEASE lines of fdinfo: locks held through this open file. */
  readonly locks: readonly string[];
}

export interface Observed {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Device number of the controlling terminal; 0 is none. */
  readonly tty: number;
  /** R, S, D, Z, T ... */
  readonly state: string;
  /** In clock ticks since boot: with the pid it names one process for ever. */
  readonly startTime: number;
  /** The name of the main thread, at most 15 characters. */
  readonly comm: string;
  readonly cmdline: readonly string[];
  readonly exe: string;
  readonly cwd: string;
  readonly root: string;
  /** Four octal digits, as in `0077`. */
  readonly umask: string;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly capabilities: { readonly effective: bigint; readonly permitted: bigint; readonly inheritable: bigint; readonly ambient: bigint };
  readonly coreLimit: { readonly soft: string; readonly hard: string };
  readonly threads: number;
  /** Processor time that it has had, in ms. */
  readonly processorTime: number;
  /** Names of the signals; real-time ones as `SIG34`. */
  readonly ignored: readonly string[];
  readonly caught: readonly string[];
  readonly blocked: readonly string[];
  readonly fds: readonly Descriptor[];
  /** As it was at exec: what the process changed later does not show. Root only, once the process has changed its uid. */
  readonly environ: Readonly<Record<string, string>>;
}

const CLOSE_ON_EXEC = 0o2000000;
const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** Everything /proc tells about a process. The process itself is never asked, so it cannot lie. Throws ENOENT when it is gone. */
export function observe(pid: number): Observed {
  const stat = statOf(pid);
  const status = readStatus(pid);
  const numbers = (key: string): number[] => (status[key] ?? '').split(/\s+/).filter(Boolean).map(Number);
  const mask = (key: string): bigint => BigInt(`0x${status[key] ?? '0'}`);
  return {
    pid,
    ...stat,
    cmdline: readList(pid, 'cmdline'),
    exe: readlinkSync(`/proc/${pid}/exe`),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    root: readlinkSync(`/proc/${pid}/root`),
    umask: status['Umask'] ?? '',
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups'),
    capabilities: { effective: mask('CapEff'), permitted: mask('CapPrm'), inheritable: mask('CapInh'), ambient: mask('CapAmb') },
    coreLimit: readCoreLimit(pid),
    ignored: signalNames(mask('SigIgn')),
    caught: signalNames(mask('SigCgt')),
    blocked: signalNames(mask('SigBlk')),
    fds: descriptorsOf(pid),
    environ: environOf(pid),
  };
}

/** The environment a process was executed with. */
export function environOf(pid: number): Record<string, string> {
  return Object.fromEntries(
    readList(pid, 'environ').map((entry) => {
      const equals = entry.indexOf('=', 1);
      return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** Open descriptors, by number. One that is closed while we look is left out. */
export function descriptorsOf(pid: number): Descriptor[] {
  const found: Descriptor[] = [];
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${name}`);
      const info = readFileSync(`/proc/${pid}/fdinfo/${name}`, 'utf8');
      const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
      found.push({
        fd: Number(name),
        target,
        flags: flags & ~CLOSE_ON_EXEC,
        closeOnExec: (flags & CLOSE_ON_EXEC) !== 0,
        locks: [...info.matchAll(/^lock:\s*(.*)$/gm)].map((match) => match[1] ?? ''),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found.sort((a, b) => a.fd - b.fd);
}

/** The pids of all processes that this one can see. */
export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

/** Children, zombies included. */
export function childrenOf(pid: number): number[] {
  return allPids().filter((candidate) => {
    try {
      return statOf(candidate).ppid === pid;
    } catch {
      return false;
    }
  });
}

/** There, and not a zombie. One whose main thread has ended before the others is none: it has its files and locks still. */
export function isRunning(pid: number): boolean {
  try {
    return !hasEnded(statOf(pid));
  } catch {
    return false;
  }
}

const hasEnded = ({ state, threads }: Pick<Observed, 'state' | 'threads'>): boolean => /^[ZX]/.test(state) && threads <= 1;

/** In ms; an exec, and an end, take less than one, if the processor is free. */
const TRANSIT_MS = 10_000;

/**
 * The strings that a process was executed with, as /proc shows them. It shows none in the middle of an exec, and none once a process is about to
 * end, which has its files and locks then: this waits until either is over.
 * @returns '' of a process that has ended, of a kernel thread, and of one that was given no strings
 */
export function executedWith(pid: number, what: 'cmdline' | 'environ'): string {
  const end = performance.now() + TRANSIT_MS;
  for (;;) {
    const text = readUnlessEnding(pid, what);
    if (text !== '' || !isInTransit(pid, what)) return text;
    if (performance.now() > end)
      throw new Error(`Process ${pid} (${statOf(pid).state}) neither ended nor came out of an exec in ${TRANSIT_MS} ms`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/**
 * Linux 6.16 and later refuse what has no memory any more, and no kernel shows anything of it. Without memory a process counts as root's, which
 * nobody else may look into.
 */
function readUnlessEnding(pid: number, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || (code === 'EACCES' && (readStat(pid).field(9) & EXITING) !== 0)) return '';
    throw error;
  }
}

const EXITING = 0x4;
const KERNEL_THREAD = 0x200000;

/**
 * Whether a process that shows no strings is in an exec, or about to end. An empty place in its memory begins where it ends; in an exec it does so,
 * too, for a moment, before the program has its place (create_elf_tables() of the kernel's fs/binfmt_elf.c).
 */
function isInTransit(pid: number, what: 'cmdline' | 'environ'): boolean {
  const { state, field } = readStat(pid);
  const [start, end] = what === 'cmdline' ? [field(48), field(49)] : [field(50), field(51)];
  const startOfProgram = field(26);
  const isEmpty = startOfProgram !== 0 && end !== 0 && start === end;
  return !isEmpty && (field(9) & KERNEL_THREAD) === 0 && !hasEnded({ state, threads: field(20) });
}

/** The device and inode of a path, the way the locks of {@link Descriptor} write them: `fe:01:1234`. */
export function lockIdentity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const hex = (value: bigint): string => value.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

/** The part that anybody may read of any process. */
export function statOf(
  pid: number,
): Pick<Observed, 'ppid' | 'pgid' | 'sid' | 'tty' | 'state' | 'threads' | 'processorTime' | 'startTime' | 'comm'> {
  const { comm, state, field } = readStat(pid);
  return {
    comm,
    state,
    ppid: field(4),
    pgid: field(5),
    sid: field(6),
    tty: field(7),
    processorTime: (field(14) + field(15)) * 10,
    threads: field(20),
    startTime: field(22),
  };
}

/** Its fields have the numbers of proc_pid_stat(5). */
function readStat(pid: number): { readonly comm: string; readonly state: string; field(number: number): number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and parentheses, so it ends at the last one.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return { comm: text.slice(text.indexOf('(') + 1, end), state: fields[0] ?? '', field: (number) => Number(fields[number - 3]) };
}

function readStatus(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

function readCoreLimit(pid: number): Observed['coreLimit'] {
  const match = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  return { soft: match?.[1] ?? '', hard: match?.[2] ?? '' };
}

function readList(pid: number, what: 'cmdline' | 'environ'): string[] {
  const text = executedWith(pid, what);
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

function signalNames(mask: bigint): string[] {
  const all = Array.from({ length: 64 }, (_, index) => index + 1);
  return all.filter((signal) => (mask >> BigInt(signal - 1)) & 1n).map((signal) => names.get(signal) ?? `SIG${signal}`);
}
