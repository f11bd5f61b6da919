import { fstatSync } from 'node:fs';
import { OptionError } from '@daemonium/core/start';

/** The open descriptor behind `value`: a number, or anything that has one. */
export function descriptorOf(option: string, value: unknown): number {
  const fd = typeof value === 'number' ? value : descriptorIn(value);
  if (fd === null) throw new OptionError(option, 'a descriptor, or something open that has one', value, 'ERR_OPTION_TYPE');
  if (!Number.isInteger(fd) || fd < 0 || fd > 2 ** 31 - 1) {
    throw new OptionError(option, 'the number of an open descriptor, 0 or more', fd, 'ERR_OPTION_RANGE');
  }
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    fstatSync(fd, { bigint: true });
  } catch (cause) {
    throw new OptionError(option, 'an open descriptor (EBADF)', fd, 'ERR_OPTION_VALUE', { cause });
  }
  return fd;
}

function descriptorIn(value: unknown): number | null {
  if (typeof value !== 'object' || value === null) return null;
  const { fd, _handle: handle, destroyed } = value as { fd?: unknown; _handle?: { fd?: unknown } | null; destroyed?: unknown };
  if (destroyed === true) return null;
  if (typeof fd === 'number') return fd;
  return typeof handle?.fd === 'number' ? handle.fd : null;
}
