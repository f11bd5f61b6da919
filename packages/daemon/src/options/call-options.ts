import { expectedName, OptionError, readPart, readParts } from '@daemonium/core/start';
import type { GivenOptions } from './given-options.ts';

/**
 * The argument of `new Daemon()`: an object, or left out, whose parts can be read. A start checks their values.
 * @throws {OptionError} `ERR_OPTION_TYPE`, and of a part that cannot be read
 */
export function constructorOptions(value: unknown): GivenOptions {
  if (!isObject(value)) throw new OptionError('options', 'an object, or none: new Daemon({ ... })', value, 'ERR_OPTION_TYPE');
  for (const key of Object.keys(value)) readPart(value, key);
  return value;
}

/**
 * The options of a method such as `stop({ timeout })`. An unknown one is refused, because a typo would change nothing and say nothing.
 * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_UNKNOWN`
 */
export function callOptions<T extends object>(method: string, value: T, names: ReadonlyArray<keyof T & string>): T {
  if (!isObject(value))
    throw new OptionError('options', `an object with ${names.join(', ')}, or none, for ${method}()`, value, 'ERR_OPTION_TYPE');
  for (const key of Object.keys(value)) {
    if (names.includes(key as keyof T & string)) continue;
    throw new OptionError(key, expectedName(key, names), readPart(value, key), 'ERR_OPTION_UNKNOWN');
  }
  return readParts(value, names) as T;
}

/**
 * The daemon that `control()` is for.
 * @param isDaemon it is an object of this package's class
 * @throws {OptionError}
 */
export function checkDaemon(value: unknown, isDaemon: boolean): void {
  if (isDaemon) return;
  throw new OptionError('daemon', 'an object of the class Daemon: control(new Daemon({ ... }))', value, 'ERR_OPTION_TYPE');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
