import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError } from '@daemonium/core/start';

/** An absolute path; relative ones are the launcher's, whose working directory the daemon leaves. */
export function resolvePath(option: string, value: string | URL): string {
  if (value instanceof URL) return pathOfUrl(option, value);
  if (value === '' || value.includes('\0'))
    throw new OptionError(option, 'a path that is not empty and has no NUL byte', value, 'ERR_OPTION_VALUE');
  return resolve(value);
}

/** The path of a `file:` URL: one of another machine, or with an encoded slash, has none. */
export function pathOfUrl(option: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new OptionError(option, 'a file: URL of this machine', url.href, 'ERR_OPTION_VALUE', { cause });
  }
}

/** Turns what the system says of a path into a fault of the option. */
export function probe(option: string, path: string, look: () => void): void {
  try {
    look();
  } catch (cause) {
    throw new OptionError(option, `a usable path (${(cause as Error).message})`, path, 'ERR_OPTION_VALUE', { cause });
  }
}

export function systemError(code: string, text: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${text}, '${path}'`), { code, path });
}
