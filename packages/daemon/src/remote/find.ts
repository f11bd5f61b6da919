import { statSync } from 'node:fs';
import type { Holder, HolderReason, PidLockFile } from '@daemonium/core';
import type { ProcessHandle } from '@daemonium/core/posix';
import { DaemonError, NotRunningError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { mayNotSee, otherUsersDaemon } from './other-user.ts';
import { openStarted } from './started-here.ts';
import type { Target } from './target.ts';

/** The processes behind a pid file, held by pidfds: a later process with the same number is never signalled. */
export interface HeldDaemon extends Disposable {
  /** The shell that starts the daemon again. */
  readonly shell: ProcessHandle | null;
  /** `null`: it has crashed, and the shell waits before it starts it again. */
  readonly daemon: ProcessHandle | null;
  /** The one that ends last. */
  readonly last: ProcessHandle;
}

/**
 * Holds the daemon: the proved holder of the lock, or without a pid file the daemon that was started here.
 * @throws {NotRunningError} there is none, or none that is proved
 * @throws {DaemonError} `EPERM` it belongs to another user
 */
export function openDaemon({ lock, process }: Target): HeldDaemon {
  if (lock === null) return held(null, openStarted(process));
  const standing = core().standingOf(lock.path);
  if (typeof standing === 'string') throw refusal(lock, standing);
  const shell = standing.shell === null ? null : opened(lock, standing.shell);
  const daemon = standing.daemon === null ? null : core().openHolder(lock.path, { pid: standing.daemon.pid });
  if (daemon !== null && typeof daemon !== 'string') return held(shell, daemon);
  // The daemon has crashed meanwhile; without a shell it is not started again.
  if (shell === null) throw refusal(lock, daemon ?? 'unlocked');
  return held(shell, null);
}

function opened(lock: PidLockFile, { pid }: Holder): ProcessHandle {
  const handle = core().openHolder(lock.path, { pid });
  if (typeof handle === 'string') throw refusal(lock, handle);
  return handle;
}

function held(shell: ProcessHandle | null, daemon: ProcessHandle | null): HeldDaemon {
  const last = shell ?? daemon;
  return {
    shell,
    daemon,
    last: last as ProcessHandle,
    [Symbol.dispose]: () => {
      shell?.close();
      daemon?.close();
    },
  };
}

/**
 * Signals an opened process.
 * @returns `false` when it has ended meanwhile
 * @throws {DaemonError} `EPERM`
 */
export function send(handle: ProcessHandle, signal: NodeJS.Signals | number): boolean {
  try {
    handle.signal(signal);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (code !== 'EPERM') throw cause;
    throw notPermitted(handle.pid, { cause });
  }
}

/** Why no signal was sent, as an error. */
function refusal(lock: PidLockFile, reason: HolderReason): DaemonError {
  const { path } = lock;
  switch (reason) {
    case 'missing':
      return new NotRunningError(`No signal was sent: there is no pid file '${path}'`);
    case 'empty':
      return new NotRunningError(`No signal was sent: the pid file '${path}' is empty, and its lock is free`);
    case 'unlocked':
      return new NotRunningError(`No signal was sent: the lock of '${path}' is free, so its pid is that of a daemon that has ended`);
    case 'insecure':
      return new NotRunningError(`No signal was sent. ${insecurity(lock)}`, { code: 'ERR_PID_FILE_INSECURE' });
    case 'unreadable':
      return unproved(`this user may not look at the pid file '${path}'`);
    case 'unproved':
      return notProved(lock);
  }
}

/** Explains why a pid file is not trusted. A file that another user's daemon has locked must not be removed, so that reason comes first. */
function insecurity(lock: PidLockFile): string {
  const other = otherUsersDaemon(lock);
  if (other !== null) return `The daemon of '${lock.path}' ${other}`;
  return core().whyInsecure(lock.path)?.message ?? `The pid file '${lock.path}' is insecure`;
}

/** A process holds the lock, but nothing proves that it is the process which the file names. */
function notProved(lock: PidLockFile): DaemonError {
  const { path } = lock;
  const pid = lock.readPid();
  if (pid !== null && mayNotSee(pid)) return notPermitted(pid);
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  const stranger = inode === undefined ? null : core().holderOfOtherUser(inode, pid);
  if (stranger !== null) {
    const { pid: holder, uid } = stranger;
    return unproved(
      `the lock of '${path}' is held by process ${holder} of another user (uid ${uid}); with mode 0o600 other users cannot take it`,
    );
  }
  if (pid === null)
    return unproved(`a process holds the lock of '${path}' and has not written a pid to it: a daemon that is being started, or none`);
  return unproved(`a process holds the lock of '${path}', and nothing proves that it is process ${pid}, which the file names`);
}

function unproved(why: string): NotRunningError {
  return new NotRunningError(`No signal was sent: ${why}`, { code: 'ERR_HOLDER_UNPROVED' });
}

function notPermitted(pid: number, options?: ErrorOptions): DaemonError {
  return new DaemonError(`Not permitted to signal the daemon, pid ${pid}: it runs as another user`, { code: 'EPERM', ...options });
}
