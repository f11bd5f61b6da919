import { closeSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { call, hasCode, systemError } from './call.ts';
import { notSupported, platform } from './platform.ts';
import { processStartTicks } from './process-start.ts';
import { linuxCall } from './system-call.ts';

// No C library in use everywhere has wrappers for these two (glibc from 2.36 on).
const cPidfdOpen = linuxCall<[pid: number, flags: number]>('pidfd_open');
const cPidfdSendSignal = linuxCall<[pidfd: number, signal: number, info: number, flags: number]>('pidfd_send_signal');

const ESRCH = 3;

/**
 * `pidfd_open(pid, 0)`: a descriptor for this one process, whatever becomes of its number. Close it with `fs.closeSync`.
 * @throws {NodeJS.ErrnoException} `ESRCH`; `ENOSYS` before Linux 5.3; `EPERM` under some sandboxes
 * @throws {Error} `ERR_PLATFORM` elsewhere
 * @see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
 */
export function pidfdOpen(pid: number): number {
  assertLinux();
  try {
    return call('pidfd_open', () => cPidfdOpen(pid, 0));
  } catch (error) {
    // Recent kernels give ENOENT for a process that has just been reaped, and for a thread.
    if (hasCode(error, 'ENOENT')) throw systemError('pidfd_open', ESRCH);
    throw error;
  }
}

/**
 * `pidfd_send_signal(pidfd, signal, NULL, 0)`: cannot hit a process that got the pid later.
 * @param signal a name or number; 0 only asks
 * @throws {NodeJS.ErrnoException} `ESRCH` (it is dead), `EPERM`, `EINVAL`
 * @see https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html
 */
export function pidfdSendSignal(pidfd: number, signal: NodeJS.Signals | number): void {
  assertLinux();
  const number = signalNumber(signal);
  call('pidfd_send_signal', () => cPidfdSendSignal(pidfd, number, 0, 0));
}

/** One process, held so that a later owner of its number is never meant. */
export interface ProcessHandle {
  /** Pid of the process. */
  readonly pid: number;
  /**
   * Sends a signal, by name or number. 0 only asks whether the process lives.
   * @throws {NodeJS.ErrnoException} `ESRCH` when it is dead, `EPERM`, `EBADF` when the handle is closed
   */
  signal(signal: NodeJS.Signals | number): void;
  /** Closes the handle. A second call does nothing. */
  close(): void;
}

/**
 * Holds a process: by a pidfd, and where the kernel has none by pid and start time, which leaves a gap of microseconds.
 * @throws {NodeJS.ErrnoException} `ESRCH` when there is no such process
 * @see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
 */
export function openProcess(pid: number): ProcessHandle {
  let pidfd: number;
  try {
    pidfd = pidfdOpen(pid);
  } catch (error) {
    if (!hasCode(error, 'ENOSYS', 'EPERM')) throw error;
    return byStartTime(pid);
  }
  let open = true;
  return {
    pid,
    signal: (signal) => {
      if (!open) throw errnoError('EBADF', `the handle of process ${pid} is closed`);
      pidfdSendSignal(pidfd, signal);
    },
    close: () => {
      if (open) closeSync(pidfd);
      open = false;
    },
  };
}

function byStartTime(pid: number): ProcessHandle {
  const started = processStartTicks(pid);
  return {
    pid,
    signal: (signal) => {
      if (started !== null && processStartTicks(pid) === started) process.kill(pid, signal);
      else throw errnoError('ESRCH', `there is no process ${pid} any more`, { syscall: 'kill', errno: -3 });
    },
    close: () => {},
  };
}

function signalNumber(signal: NodeJS.Signals | number): number {
  const number = typeof signal === 'number' ? signal : process.getBuiltinModule('node:os').constants.signals[signal];
  if (Number.isInteger(number) && number >= 0) return number;
  throw Object.assign(new RangeError(`No such signal: ${String(signal)}`), { code: 'ERR_UNKNOWN_SIGNAL' });
}

function assertLinux(): void {
  if (platform() === 'linux') return;
  throw notSupported("pidfds are Linux's");
}
