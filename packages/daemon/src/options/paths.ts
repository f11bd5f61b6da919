import { OptionError } from '@daemonium/core/start';

export { pathOfUrl, resolvePath } from '@daemonium/core/start';

/** Turns a system error about a path into a problem of the option. */
export function refuseUnusable(option: string, path: string, look: () => void): void {
  try {
    look();
  } catch (cause) {
    throw new OptionError(option, `a usable path (${(cause as Error).message})`, path, 'ERR_OPTION_VALUE', { cause });
  }
}
