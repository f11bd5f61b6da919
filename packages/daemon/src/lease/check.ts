import { expectedName, OPTION_PARTS, OptionError, readParts, withoutSecret } from '@daemonium/core/start';
import type { GivenOptions } from '../options/given-options.ts';
import type { DaemonLease, LeaseData } from '../options/lease-option.ts';
import type { Entry, LeasePlan } from '../options/plan.ts';
import { makeLease } from './make.ts';

const METHODS = ['load', 'acquire', 'seal', 'release', 'look', 'isLocked'] as const;
const KEYS: readonly (keyof LeaseData)[] = OPTION_PARTS.lease;
const ENGINES: readonly unknown[] = ['postgres', 'etcd'];

/**
 * Checks the option `lease`. Does not connect to the engine.
 * @throws {OptionError}
 */
export function checkLease({ lease, env = {} }: GivenOptions, entry: Entry): LeasePlan {
  if (isLease(lease)) {
    if (entry.kind === 'script') return { kind: 'object' };
    const expected = `data, { key, engine, urlFrom }: no object crosses to a ${entry.kind}`;
    throw new OptionError('lease', expected, lease, 'ERR_OPTION_TYPE');
  }
  const data = checkData(lease);
  // The package checks its own rules. The lease made here is not used.
  makeLease(data, { ...process.env, ...env });
  return { kind: 'data', data };
}

/** Recognizes a lease by its methods, as it may come from another copy of the package. */
export function isLease(value: unknown): value is DaemonLease {
  if (typeof value !== 'object' || value === null) return false;
  return METHODS.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
}

function checkData(value: unknown): LeaseData {
  if (!isPlain(value)) throw new OptionError('lease', 'a Lease, or { key, engine, urlFrom }', withoutSecret(value), 'ERR_OPTION_TYPE');
  const unknown = Object.keys(value).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    // It may be a URL, or a password.
    throw new OptionError(`lease.${unknown}`, expectedName(unknown, KEYS), 'a value that is not shown', 'ERR_OPTION_UNKNOWN');
  }
  const given = readParts(value, KEYS, 'lease.');
  const { engine, urlFrom } = given;
  if (!ENGINES.includes(engine)) throw new OptionError('lease.engine', "'postgres' or 'etcd'", withoutSecret(engine), 'ERR_OPTION_VALUE');
  if (typeof urlFrom !== 'string' || !/^[^=\0]+$/.test(urlFrom))
    throw new OptionError(
      'lease.urlFrom',
      'the name of an environment variable',
      withoutSecret(urlFrom),
      typeof urlFrom === 'string' ? 'ERR_OPTION_VALUE' : 'ERR_OPTION_TYPE',
    );
  return given as unknown as LeaseData;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
