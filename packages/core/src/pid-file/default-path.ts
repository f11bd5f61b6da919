import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LockFailedError, PidFileInsecureError } from '../errors/lock-errors.ts';
import { OptionError } from '../errors/option-error.ts';
import { hasCode } from '../posix/call.ts';
import { GROUP_AND_OTHERS_WRITE, showMode } from '../posix/file-mode.ts';
import { networkFileSystem } from '../posix/host.ts';

/** The account that a default pid file belongs to. `home` is that of the user data base: HOME differs under sudo, cron and init. */
export interface Account {
  readonly uid: number;
  readonly home: string | null;
}

const PRIVATE = 0o700;
const GROUP_AND_OTHERS = 0o077;

/**
 * Path of the pid file of a daemon that names none. It depends on user and daemon name only, so every directory and every session finds the
 * same file. Root: `/run/NAME.pid`. Other users: `~/.local/state/daemonium/NAME.pid`, or `/tmp/daemonium-UID/NAME.pid` if the home
 * directory is on a network file system, missing, or another user's. Not `/run/user/UID`: it is removed at the last logout, and cron jobs
 * have none. Makes nothing.
 * @throws {OptionError} `ERR_OPTION_VALUE`: a name that is no file name
 */
export function defaultPidFilePath(name: string, account: Account = currentAccount()): string {
  // 255 bytes are the longest name, less `.pid`.
  if (name === '' || name.includes('/') || name.includes('\0') || Buffer.byteLength(name) > 251) {
    throw new OptionError(
      'name',
      'a name that can be one of a file, at most 251 bytes and without /; or give a pidFile',
      name,
      'ERR_OPTION_VALUE',
    );
  }
  return join(defaultDirectory(account), `${name}.pid`);
}

/**
 * Makes the directory of such a path, with mode 0700, and checks that no other user can write it.
 * @throws {PidFileInsecureError} it is a symbolic link, belongs to another user, or others may write there
 * @throws {LockFailedError} it cannot be made
 */
export function makeDefaultDirectory(path: string, uid: number = currentUid()): void {
  if (uid === 0) return;
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: PRIVATE });
  } catch (cause) {
    // checkDefaultDirectory() names below the obstacle.
    if (!hasCode(cause, 'EEXIST')) throw new LockFailedError(path, cause, 'make the directory of');
  }
  checkDefaultDirectory(path, uid);
}

/**
 * Refuses an insecure directory. {@link makeDefaultDirectory} makes a safe one; a missing directory is fine.
 * @throws {PidFileInsecureError}
 */
export function checkDefaultDirectory(path: string, uid: number = currentUid()): void {
  if (uid === 0) return;
  const directory = dirname(path);
  const found = lstatSync(directory, { throwIfNoEntry: false });
  const why = found === undefined ? null : whyUnsafe(found, uid, isTemporary(directory, uid) ? GROUP_AND_OTHERS : GROUP_AND_OTHERS_WRITE);
  if (why !== null) throw new PidFileInsecureError(path, `its directory ${why}`, 'see whose it is, or give a pidFile');
}

function whyUnsafe(found: Stats, uid: number, refused: number): string | null {
  if (found.isSymbolicLink()) return 'is a symbolic link';
  if (!found.isDirectory()) return 'is not a directory';
  if (found.uid !== uid) return `belongs to another user (uid ${found.uid})`;
  return (found.mode & refused) === 0 ? null : `has mode ${showMode(found.mode)}, and is to be this user's alone`;
}

function defaultDirectory({ uid, home }: Account): string {
  if (uid === 0) return statSync('/run', { throwIfNoEntry: false })?.isDirectory() === true ? '/run' : '/var/run';
  return home !== null && isOwnAndLocal(home, uid) ? join(home, '.local/state/daemonium') : temporary(uid);
}

function temporary(uid: number): string {
  return `/tmp/daemonium-${uid}`;
}

function isTemporary(directory: string, uid: number): boolean {
  return directory === temporary(uid);
}

/** A lock on a network file system does not cross to another process; the home of many accounts is `/nonexistent`, or root's. */
function isOwnAndLocal(home: string, uid: number): boolean {
  try {
    const found = statSync(home);
    return found.isDirectory() && found.uid === uid && networkFileSystem(home) === null;
  } catch {
    return false;
  }
}

function currentAccount(): Account {
  const uid = currentUid();
  try {
    return { uid, home: process.getBuiltinModule('node:os').userInfo().homedir };
  } catch {
    // A container's number that no account has.
    return { uid, home: null };
  }
}

function currentUid(): number {
  return process.geteuid?.() ?? 0;
}
