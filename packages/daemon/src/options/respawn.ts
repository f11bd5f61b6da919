import { RESPAWN_DEFAULTS as DEFAULTS, expectedName, OPTION_PARTS, OptionError, readPart, readParts } from '@daemonium/core/start';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import type { GivenOptions } from './given-options.ts';
import type { RespawnOptions } from './respawn-options.ts';

/** The option `respawn`, checked, with defaults. Times are ms. */
export interface RespawnPlan {
  readonly on: 'failure' | 'always';
  /** The pauses before each try, in ms; the last is repeated. */
  readonly delays: readonly number[];
  readonly healthyAfter: number;
  readonly limit: number | null;
  readonly never: readonly number[];
  /** Limit of the memory (RSS) in bytes; `null`: none. */
  readonly memory: number | null;
}

const KEYS: readonly (keyof RespawnOptions)[] = OPTION_PARTS.respawn;
/** The second pause if the first is 0, which no factor makes longer, in ms. */
const AFTER_NONE_MS = 100;
/** Below this the list of pauses would be endless. 1 repeats the first. */
const FACTOR_MIN = 1.1;
const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/**
 * @param hasPidFile the option gives one, or control() has
 * @returns `null`: a daemon that crashes stays down
 * @throws {OptionError} of the option's parts, or of an option that it needs
 */
export function resolveRespawn({ respawn, monitor }: GivenOptions, hasPidFile: boolean): RespawnPlan | null {
  if (respawn === undefined || respawn === false) return null;
  const given = respawn === true ? {} : partsOf(respawn);
  if (!hasPidFile)
    throw new OptionError(
      'respawn',
      'a pidFile as well: only its lock shows that a daemon waits to be started again, and has not ended',
      respawn,
      'ERR_OPTION_VALUE',
    );
  if (monitor === false)
    throw new OptionError(
      'respawn',
      'monitor: true as well: the launcher has to see whether the start fails, or the daemon crashes later',
      respawn,
      'ERR_OPTION_VALUE',
    );
  return {
    on: resolveOn(given.on),
    delays: delaysOf(given),
    healthyAfter: milliseconds('healthyAfter', given.healthyAfter, DEFAULTS.healthyAfter),
    limit: given.limit === undefined ? null : whole('limit', given.limit, 0, LONGEST_TIMER),
    never: resolveNever(given.never),
    memory: given.memory === undefined ? null : resolveMemory(given.memory),
  };
}

type Parts = { readonly [Key in keyof RespawnOptions]?: unknown };

function partsOf(respawn: unknown): Parts {
  if (typeof respawn !== 'object' || respawn === null || Array.isArray(respawn))
    throw new OptionError('respawn', 'true, false or an object', respawn, 'ERR_OPTION_TYPE');
  const unknown = Object.keys(respawn).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    const option = `respawn.${unknown}`;
    throw new OptionError(option, expectedName(unknown, KEYS), readPart(respawn, unknown, option), 'ERR_OPTION_UNKNOWN');
  }
  return readParts(respawn, KEYS, 'respawn.');
}

function resolveOn(value: unknown): RespawnPlan['on'] {
  if (value === undefined) return DEFAULTS.on;
  if (value === 'failure' || value === 'always') return value;
  throw new OptionError('respawn.on', "'failure' or 'always'", value, 'ERR_OPTION_VALUE');
}

function delaysOf(given: Parts): number[] {
  // Whole milliseconds: the fraction of one would never grow by the factor.
  const delay = Math.floor(milliseconds('delay', given.delay, DEFAULTS.delay));
  const maxDelay = Math.floor(milliseconds('maxDelay', given.maxDelay, Math.max(DEFAULTS.maxDelay, delay)));
  const factor = resolveFactor(given.factor);
  if (maxDelay < delay) throw new OptionError('respawn.maxDelay', `at least delay, ${delay}`, maxDelay, 'ERR_OPTION_RANGE');
  const delays = [delay];
  for (let next = delay === 0 ? AFTER_NONE_MS : delay * factor; (delays.at(-1) as number) < maxDelay; next *= factor) {
    delays.push(Math.min(Math.round(next), maxDelay));
    if (factor === 1) break;
  }
  return delays;
}

function resolveFactor(value: unknown): number {
  if (value === undefined) return DEFAULTS.factor;
  const expected = `1, or a number from ${FACTOR_MIN}`;
  if (typeof value !== 'number') throw new OptionError('respawn.factor', expected, value, 'ERR_OPTION_TYPE');
  if (value === 1 || (value >= FACTOR_MIN && Number.isFinite(value))) return value;
  throw new OptionError('respawn.factor', expected, value, 'ERR_OPTION_RANGE');
}

function resolveNever(value: unknown): readonly number[] {
  if (value === undefined) return DEFAULTS.never;
  if (!Array.isArray(value)) throw new OptionError('respawn.never', 'an array of exit codes', value, 'ERR_OPTION_TYPE');
  // Array.from: holes are no exit codes.
  return Array.from(value, (code) => whole('never', code, 0, 255));
}

function resolveMemory(value: unknown): number {
  const expected = "bytes, or a text such as '512M' or '2G'";
  if (typeof value !== 'number' && typeof value !== 'string') throw new OptionError('respawn.memory', expected, value, 'ERR_OPTION_TYPE');
  const [, number, unit = ''] = /^([0-9]{1,15})([KMG]?)$/.exec(String(value)) ?? [];
  const bytes = number === undefined ? 0 : Number(number) * (UNITS[unit] ?? 1);
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new OptionError('respawn.memory', expected, value, 'ERR_OPTION_VALUE');
  return bytes;
}

function milliseconds(key: keyof RespawnOptions, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  const expected = `milliseconds from 0 to ${LONGEST_TIMER}`;
  if (typeof value !== 'number') throw new OptionError(`respawn.${key}`, expected, value, 'ERR_OPTION_TYPE');
  if (value >= 0 && value <= LONGEST_TIMER) return value;
  throw new OptionError(`respawn.${key}`, expected, value, 'ERR_OPTION_RANGE');
}

function whole(key: keyof RespawnOptions, value: unknown, from: number, to: number): number {
  const expected = `a whole number from ${from} to ${to}`;
  if (typeof value !== 'number') throw new OptionError(`respawn.${key}`, expected, value, 'ERR_OPTION_TYPE');
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new OptionError(`respawn.${key}`, expected, value, 'ERR_OPTION_RANGE');
}
