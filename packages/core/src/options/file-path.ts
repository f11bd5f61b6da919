import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError } from '../errors/option-error.ts';

/**
 * An absolute path, from a string or a `file:` URL; a relative one is taken from the working directory.
 * @throws {OptionError} `ERR_OPTION_TYPE`, or `ERR_OPTION_VALUE` for an empty path, one with a NUL byte, or the URL of no file here
 * @throws {Error} `ERR_NO_DIRECTORY`: it is relative, and the working directory is gone
 */
export function resolvePath(option: string, value: unknown): string {
  if (value instanceof URL) return pathOfUrl(option, value);
  if (typeof value !== 'string') throw new OptionError(option, 'a string or a file: URL', value);
  if (value === '' || value.includes('\0'))
    throw new OptionError(option, 'a path that is not empty and has no NUL byte', value, 'ERR_OPTION_VALUE');
  return isAbsolute(value) ? resolve(value) : resolve(workingDirectory(), value);
}

/**
 * The working directory of this process.
 * @throws {Error} `ERR_NO_DIRECTORY`: it was removed meanwhile
 */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw Object.assign(
      new Error('The working directory of this process is gone: change to a directory that exists (cd), and try again', { cause }),
      { code: 'ERR_NO_DIRECTORY' },
    );
  }
}

/** The path of a `file:` URL: one of another machine, or with an encoded slash, has none. */
export function pathOfUrl(option: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new OptionError(option, 'a file: URL of this machine', url.href, 'ERR_OPTION_VALUE', { cause });
  }
}
