import { resolve } from 'node:path';
import { errnoError } from '../errors/errno-error.ts';
import { LockFailedError } from '../errors/lock-errors.ts';
import { OptionError } from '../errors/option-error.ts';
import { checkAbortSignal } from '../options/abort-signal.ts';
import { pathOfUrl } from '../options/file-path.ts';
import { checkNames } from '../options/known-names.ts';
import { GROUP_AND_OTHERS_WRITE } from '../posix/file-mode.ts';

/** Options of a {@link PidLockFile}: how it locks, and owner and mode of its file. */
export interface PidLockFileOptions {
  /**
   * How long {@link PidLockFile.acquire} waits for a holder to go, in ms. `-1` and `0` do not wait, `Infinity` waits for ever.
   * @default -1
   * @throws {OptionError} `ERR_OPTION_RANGE` unless -1, or at least 0
   */
  readonly timeout?: number | undefined;
  /**
   * Whether `enter()` of a lock that this object has sealed counts one hold more, instead of failing.
   * @default false
   */
  readonly reentrant?: boolean | undefined;
  /**
   * The file's permissions, an octal mode, whatever the umask. With the default every user can read the pid, and so can also hold the lock
   * and keep a start from happening; `0o600` shuts that.
   * @default 0o644
   * @throws {OptionError} `ERR_OPTION_RANGE` unless from 0 to 0o777, and readable and writable for the owner, not writable for others
   */
  readonly mode?: number | undefined;
  /**
   * Owner of the file, a uid. Needs the privilege to give files away.
   * @default the effective user
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless from 0 to 4294967294
   */
  readonly uid?: number | undefined;
  /**
   * Group of the file, a gid.
   * @default the effective group, or that of the directory if it has the setgid bit
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless from 0 to 4294967294
   */
  readonly gid?: number | undefined;
  /**
   * `respect`: a pid in an unlocked file also keeps the lock from being taken when that process lives, runs the same executable and main
   * script, and started before the file was written: an older version that did not lock. Linux only; elsewhere as `ignore`.
   * @default 'ignore'
   */
  readonly foreign?: 'ignore' | 'respect' | undefined;
}

export interface ResolvedOptions {
  readonly timeout: number;
  readonly reentrant: boolean;
  readonly mode: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly foreign: 'ignore' | 'respect';
}

export const LOCK_OPTIONS = ['timeout', 'reentrant', 'mode', 'uid', 'gid', 'foreign'];

/** Defaults and checks. */
export function resolveOptions(options: PidLockFileOptions = {}): ResolvedOptions {
  checkNames(options, LOCK_OPTIONS);
  const { timeout = -1, reentrant = false, mode = 0o644, uid, gid, foreign = 'ignore' } = options;
  if (typeof reentrant !== 'boolean') throw new OptionError('reentrant', 'true or false', reentrant);
  if (foreign !== 'ignore' && foreign !== 'respect') {
    throw new OptionError(
      'foreign',
      `'ignore' or 'respect'`,
      foreign,
      typeof foreign === 'string' ? 'ERR_OPTION_VALUE' : 'ERR_OPTION_TYPE',
    );
  }
  return { timeout: checkTimeout(timeout), reentrant, mode: checkMode(mode), uid: checkId('uid', uid), gid: checkId('gid', gid), foreign };
}

/** Options of {@link PidLockFile.acquire}. */
export interface AcquireOptions {
  /**
   * How long to wait, in ms. `-1` and `0` do not wait, `Infinity` waits for ever.
   * @default the object's own `timeout`; of `waitUntilFree()`: Infinity
   * @throws {OptionError} `ERR_OPTION_RANGE` unless -1, or at least 0
   */
  readonly timeout?: number | undefined;
  /**
   * Ends the waiting; nothing is taken afterwards.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** @throws {OptionError} */
export function checkAcquireOptions(options: AcquireOptions): AcquireOptions {
  checkNames(options, ['timeout', 'signal']);
  const { timeout, signal } = options;
  return { timeout: timeout === undefined ? undefined : checkTimeout(timeout), signal: checkAbortSignal(signal) };
}

/** @throws {OptionError} */
export function checkTimeout(timeout: unknown): number {
  const expected = '-1 (do not wait), or milliseconds from 0 to Infinity';
  if (typeof timeout !== 'number') throw new OptionError('timeout', expected, timeout);
  if (timeout === -1 || timeout >= 0) return timeout;
  throw new OptionError('timeout', expected, timeout, 'ERR_OPTION_RANGE');
}

const OWNER_READS_AND_WRITES = 0o600;

/** The file decides which process gets signals, so only its owner may write it. */
function checkMode(mode: unknown): number {
  const expected = 'a file mode from 0o600 to 0o755 that only the owner can write';
  if (typeof mode !== 'number') throw new OptionError('mode', expected, mode);
  const possible = Number.isInteger(mode) && mode >= 0 && mode <= 0o777;
  if (!possible || (mode & GROUP_AND_OTHERS_WRITE) !== 0 || (mode & OWNER_READS_AND_WRITES) !== OWNER_READS_AND_WRITES) {
    throw new OptionError('mode', expected, mode, 'ERR_OPTION_RANGE');
  }
  return mode;
}

function checkId(name: string, id: unknown): number | undefined {
  if (id === undefined) return undefined;
  const expected = 'an integer from 0 to 4294967294';
  if (typeof id !== 'number') throw new OptionError(name, expected, id);
  if (Number.isInteger(id) && id >= 0 && id < 0xffff_ffff) return id;
  throw new OptionError(name, expected, id, 'ERR_OPTION_RANGE');
}

/**
 * The absolute path of a pid file.
 * @throws {OptionError} neither a string nor a `file:` URL
 * @throws {LockFailedError} `ENOENT` for an empty one, `EINVAL` for one with a NUL
 */
export function resolveLockPath(path: unknown): string {
  const text = path instanceof URL ? pathOfUrl('path', path) : path;
  if (typeof text !== 'string') throw new OptionError('path', 'a string or a file: URL', path);
  if (text === '') throw new LockFailedError('', errnoError('ENOENT', 'the path is empty'));
  if (text.includes('\0')) throw new LockFailedError(text, errnoError('EINVAL', 'the path contains a NUL character'));
  return resolve(text);
}
