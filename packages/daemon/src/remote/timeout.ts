import { OptionError } from '@daemonium/core/start';

/** @throws {OptionError} unless milliseconds from 0, `Infinity` included */
export function checkTimeout(option: string, value: unknown): number {
  const expected = 'milliseconds from 0 to Infinity';
  if (typeof value !== 'number') throw new OptionError(option, expected, value, 'ERR_OPTION_TYPE');
  if (value >= 0) return value;
  throw new OptionError(option, expected, value, 'ERR_OPTION_RANGE');
}
