import { closeSync, fstatSync, type Stats } from 'node:fs';
import { PidFileInsecureError } from '../errors/lock-errors.ts';
import { hasCode } from '../posix/call.ts';
import { openProcess, type ProcessHandle } from '../posix/pidfd.ts';
import { processStartDate } from '../posix/process-start.ts';
import { LONGEST_EXIT_MS, processLife } from '../posix/processes.ts';
import { lookAtLock } from './look-at-lock.ts';
import { type AcquireOptions, checkAcquireOptions } from './options.ts';
import { pauseSync } from './pause.ts';
import { holdsLock } from './proof.ts';
import { isPid, openRegular, parseNamed, readPid, readText } from './record.ts';
import { whyUntrusted } from './safety.ts';
import { waitFor } from './wait.ts';

/** The process that holds the lock, proved. */
export interface Holder {
  /** Pid of the process. */
  readonly pid: number;
  /** When that process started. */
  readonly since: Date;
}

/**
 * Why no process is proved to hold the lock.
 * - `missing`: there is no such file; `empty`: the file is empty, and not locked
 * - `unlocked`: the file has content, and is not locked
 * - `insecure`: users other than root and the caller can change the file, or it is no plain file
 * - `unproved`: the file is locked, but the process that it names is not seen to hold the lock
 * - `unreadable`: this user may not read it
 */
export type HolderReason = 'missing' | 'empty' | 'unlocked' | 'insecure' | 'unproved' | 'unreadable';

/** How a proof is made. */
export interface ProofOptions {
  /**
   * Pid of the process to prove.
   * @default the pid that the file names
   */
  readonly pid?: number | undefined;
}

/**
 * Proves which process holds the lock of a pid file. It is the process that the file names, if one of its open files is this file and has
 * the lock on it, and if only root and the caller can have written the pid. Any user who can open the file can lock it, so "locked, and it
 * names a pid" is no proof. Without /proc, or without the right to see the process, nothing is proved.
 * @returns the process, or why none is proved
 */
export function proveHolder(path: string, options: ProofOptions = {}): Holder | HolderReason {
  let proof = proveOnce(path, options);
  const end = process.uptime() + LONGEST_EXIT_MS / 1000;
  // A process on its way out hides its open files before it lets go of their locks.
  for (let ending = true; proof === 'unproved' && ending && process.uptime() < end; ) {
    ending = namedIsExiting(path, options);
    if (ending) pauseSync(1);
    // Also when it is not ending: it may have ended after the last look.
    proof = proveOnce(path, options);
  }
  return proof;
}

function namedIsExiting(path: string, { pid = readPid(path, parseNamed) ?? 0 }: ProofOptions): boolean {
  return isPid(pid) && processLife(pid) === 'exiting';
}

function proveOnce(path: string, options: ProofOptions): Holder | HolderReason {
  let seen: Seen;
  try {
    seen = look(path);
  } catch (error) {
    return whyNot(error);
  }
  if (seen.stat.nlink === 0) return 'missing';
  const pid = options.pid ?? parseNamed(seen.text);
  const secure = whyUntrusted(path, seen.stat) === null;
  if (secure && isPid(pid) && holdsLock(pid, seen.stat)) {
    const since = processStartDate(pid);
    if (since !== null) return { pid, since };
  }
  return reasonFor(path, secure);
}

/** A holder with a handle, through which a signal reaches this process and no other. */
export interface OpenHolder extends Holder, ProcessHandle {}

/**
 * {@link proveHolder}, with the process held by a pidfd that was opened before the proof: the pid cannot have gone to another process.
 * Close it.
 * @throws {NodeJS.ErrnoException} `EMFILE`, ...: the process cannot be opened
 */
export function openHolder(path: string, options: ProofOptions = {}): OpenHolder | HolderReason {
  const first = proveHolder(path, options);
  if (typeof first === 'string') return first;
  let handle: ProcessHandle;
  try {
    handle = openProcess(first.pid);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return reasonFor(path, true);
    throw error;
  }
  const again = proveHolder(path, options);
  if (typeof again !== 'string' && again.pid === first.pid) return { ...handle, ...again };
  handle.close();
  // Another process: the daemon was started anew between the two looks.
  return typeof again === 'string' ? again : openHolder(path, options);
}

/**
 * Waits until the lock of `path` is free: returns at once when the file is removed, within milliseconds when its holder dies.
 * @param options `timeout` in ms, default `Infinity`
 * @returns `false` when the time is over
 * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of the options
 * @throws {LockFailedError} the file cannot be examined
 * @throws the signal's reason
 */
export async function waitUntilFree(path: string, options: AcquireOptions = {}): Promise<boolean> {
  const { timeout = Number.POSITIVE_INFINITY, signal } = checkAcquireOptions(options);
  const tryOnce = () => (lookAtLock(path)?.held === true ? null : true);
  return (await waitFor(path, tryOnce, { timeout: Math.max(0, timeout), signal })) ?? false;
}

/**
 * Why `proveHolder()` says `insecure`, as the error with which a start refuses the same file.
 * @returns `null` when it would not say so
 */
export function whyInsecure(path: string): PidFileInsecureError | null {
  try {
    return whyUntrusted(path, look(path).stat);
  } catch (error) {
    if (whyNot(error) !== 'insecure') return null;
    return new PidFileInsecureError(path, (error as Error).message, 'give the path of a pid file, without symbolic links');
  }
}

interface Seen {
  readonly stat: Stats;
  readonly text: string;
}

/** How often a file that goes between open and look is looked for again: a restart replaces it once. */
const LOOKS = 3;

function look(path: string): Seen {
  let seen = lookOnce(path);
  for (let looks = 1; seen.stat.nlink === 0 && looks < LOOKS; looks++) seen = lookOnce(path);
  return seen;
}

function lookOnce(path: string): Seen {
  const fd = openRegular(path);
  try {
    return { stat: fstatSync(fd), text: readText(fd) };
  } finally {
    closeSync(fd);
  }
}

function whyNot(error: unknown): HolderReason {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 'missing';
  if (hasCode(error, 'ELOOP', 'EINVAL', 'ENXIO', 'EISDIR')) return 'insecure';
  return 'unreadable';
}

function reasonFor(path: string, secure: boolean): HolderReason {
  try {
    const found = lookAtLock(path);
    if (found === null) return 'missing';
    if (!found.held) return found.text === '' ? 'empty' : 'unlocked';
    return secure ? 'unproved' : 'insecure';
  } catch {
    return 'unreadable';
  }
}
