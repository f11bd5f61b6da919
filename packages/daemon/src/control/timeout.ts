import { OptionError } from '@daemonium/core/start';
import type { Context } from '../context.ts';

const STOP_TIMEOUT = 10_000;

/** @throws {OptionError} unless milliseconds from 0, `Infinity` included */
export function checkTimeout(option: string, value: unknown): number {
  const expected = 'milliseconds from 0 to Infinity';
  if (typeof value !== 'number') throw new OptionError(option, expected, value, 'ERR_OPTION_TYPE');
  if (value >= 0) return value;
  throw new OptionError(option, expected, value, 'ERR_OPTION_RANGE');
}

/** How long the daemon may take: what the caller says, else the daemon's own option. */
export function stopPatience({ options, given }: Context, timeout: unknown): number {
  if (timeout !== undefined) return checkTimeout('timeout', timeout);
  return checkTimeout('stopTimeout', options?.stopTimeout ?? given.stopTimeout ?? STOP_TIMEOUT);
}
