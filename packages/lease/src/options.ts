import { hostname } from 'node:os';
import { OptionError } from '@daemonium/core';
import { checkAbortSignal, expectedName, readPart, readParts, withoutSecret } from '@daemonium/core/start';
import type { LeaseEngine, LeaseState } from './engine.ts';

/** The times of a {@link Lease}, all in ms and counted from when the last successful renewal was sent. `renewEvery < giveUp < killAt < duration`. */
export interface LeaseOptions {
  /**
   * How long a reign stands in the engine after its last renewal, in ms: another host owns it no sooner. 15 s outlast the election of a new
   * leader in etcd and a short restart; with less than 5 s they cost the reign.
   * @default 15_000
   * @throws {OptionError} `ERR_OPTION_RANGE` unless an integer from 1_000 to 86_400_000
   */
  readonly duration?: number | undefined;
  /**
   * When the next renewal is sent, in ms; one that has no answer is given up after as long. Every other request has time until one renewal
   * before `giveUp`, and 10 s the first time, in which the client of the engine is loaded.
   * @default duration / 5
   * @throws {OptionError} `ERR_OPTION_RANGE` unless from 10 to below `giveUp`
   */
  readonly renewEvery?: number | undefined;
  /**
   * When {@link Lease.lost} aborts and {@link Lease.isLocked} is false, in ms.
   * @default duration * 2 / 3
   * @throws {OptionError} `ERR_OPTION_RANGE` unless from 11 to below `killAt`
   */
  readonly giveUp?: number | undefined;
  /**
   * When the kernel ends this process by SIGKILL, whatever the process does, in ms. `null`: no kill timer, and a process that was stopped
   * for longer than the lease goes on working when it wakes up. Linux only; `null` has to be given elsewhere.
   * @default duration * 14 / 15
   * @throws {OptionError} `ERR_OPTION_RANGE` unless below `duration`
   */
  readonly killAt?: number | null | undefined;
  /**
   * A name for people, which {@link Lease.look} and errors show. Two processes may have the same one.
   * @default the host's name
   */
  readonly holder?: string | undefined;
}

export interface Times {
  /** How long the engine has for whatever is no renewal, so that after a slow take one fits in. */
  readonly patience: number;
  readonly duration: number;
  readonly renewEvery: number;
  readonly giveUp: number;
  readonly killAt: number | null;
}

export interface ResolvedOptions extends Times {
  readonly holder: string;
}

/** How a lease is taken: see {@link Lease.acquire}. */
export interface AcquireOptions {
  /**
   * How long to wait for the holder to go, in ms. `0` does not wait.
   * @default Infinity
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless 0 or more
   */
  readonly timeout?: number | undefined;
  /**
   * Ends the waiting; nothing is taken afterwards.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The token of a reign (a number) whose process is proved dead, for example by the pid lock of the same host. That reign is ended first,
   * so that its successor need not wait for its end.
   * @default null
   */
  readonly predecessor?: bigint | null | undefined;
  /**
   * Called when the waiting begins, again for each other reign during the waiting, and when a reign is sealed. `null`: another process was
   * faster, and its reign is not known.
   * @default none
   */
  readonly onStandby?: ((standing: LeaseState | null) => void) | undefined;
}

/** {@link AcquireOptions}, checked, with defaults. */
export interface ResolvedAcquire extends AcquireOptions {
  readonly signal: AbortSignal;
  readonly timeout: number;
  readonly predecessor: bigint | null;
}

const KNOWN = ['duration', 'renewEvery', 'giveUp', 'killAt', 'holder'];
const KNOWN_IN_ACQUIRE = ['timeout', 'signal', 'predecessor', 'onStandby'];
/** How long the first question may take, at least: it loads the engine's client and connects. In ms. */
export const FIRST_CONTACT_MS = 10_000;

const DAY = 86_400_000;
const LEAST_RENEW_EVERY = 10;
const LONGEST_NAME = 512;

/** Defaults and checks. */
export function resolveOptions(options: LeaseOptions = {}): ResolvedOptions {
  const given: LeaseOptions = partsOf(options, KNOWN);
  const { duration = 15_000, holder = hostname() } = given;
  checkTime('duration', duration, 1_000, DAY + 1, `86400000 (a day)`);
  const { killAt = Math.round((duration * 14) / 15) } = given;
  if (killAt !== null) checkTime('killAt', killAt, LEAST_RENEW_EVERY + 2, duration, `below duration (${duration}), or null`);
  const end = killAt ?? duration;
  const { giveUp = Math.round((duration * 2) / 3) } = given;
  checkTime('giveUp', giveUp, LEAST_RENEW_EVERY + 1, end, `below ${killAt === null ? 'duration' : 'killAt'} (${end})`);
  const { renewEvery = Math.min(Math.round(duration / 5), giveUp - 1) } = given;
  checkTime('renewEvery', renewEvery, LEAST_RENEW_EVERY, giveUp, `below giveUp (${giveUp})`);
  return { duration, renewEvery, giveUp, killAt, patience: Math.max(giveUp - renewEvery, giveUp / 2), holder: checkText('holder', holder) };
}

/**
 * Defaults and checks of {@link Lease.acquire}'s.
 * @param over ends the waiting, too
 */
export function resolveAcquire(options: AcquireOptions, over: AbortSignal): ResolvedAcquire {
  const given: AcquireOptions = partsOf(options, KNOWN_IN_ACQUIRE);
  const { timeout = Number.POSITIVE_INFINITY, predecessor = null, signal, onStandby } = given;
  const expected = 'milliseconds from 0 (do not wait) to Infinity';
  if (typeof timeout !== 'number') throw new OptionError('timeout', expected, timeout);
  if (!(timeout >= 0)) throw new OptionError('timeout', expected, timeout, 'ERR_OPTION_RANGE');
  if (predecessor !== null && typeof predecessor !== 'bigint')
    throw new OptionError('predecessor', 'a token (a bigint), or null', predecessor);
  checkAbortSignal(signal);
  if (onStandby !== undefined && typeof onStandby !== 'function') throw new OptionError('onStandby', 'a function', onStandby);
  return { ...given, timeout, predecessor, signal: signal === undefined ? over : AbortSignal.any([signal, over]) };
}

/** A text for people and engines: `key`, `holder`. */
export function checkText(name: string, text: unknown): string {
  const expected = `a string of 1 to ${LONGEST_NAME} characters, none of them a control character`;
  if (typeof text !== 'string') throw new OptionError(name, expected, text);
  if (text === '' || text.length > LONGEST_NAME || /[\0-\x1f\x7f]/.test(text))
    throw new OptionError(name, expected, text, 'ERR_OPTION_VALUE');
  return text;
}

/** @throws {OptionError} */
export function checkInfo(info: unknown): Readonly<Record<string, string>> {
  const expected = 'an object of strings';
  if (typeof info !== 'object' || info === null || Array.isArray(info)) throw new OptionError('info', expected, info);
  const parts = readParts(info, Object.keys(info), 'info.');
  for (const name of Object.keys(info)) {
    const value = parts[name];
    if (typeof value !== 'string' || value.includes('\0')) throw new OptionError(`info.${name}`, 'a string without NUL', value);
  }
  return parts as Readonly<Record<string, string>>;
}

const METHODS = ['take', 'renew', 'seal', 'drop', 'look', 'waitFree', 'close'] as const;

/** @throws {OptionError} */
export function checkEngine(engine: unknown): LeaseEngine {
  const isObject = typeof engine === 'object' && engine !== null;
  const lacks = METHODS.filter((method) => !isObject || typeof (engine as Record<string, unknown>)[method] !== 'function');
  if (lacks.length === 0) return engine as LeaseEngine;
  const what = isObject ? `an engine with ${lacks.join(', ')}` : 'an engine: postgres(url), etcd(url), or one of your own';
  throw new OptionError('engine', what, withoutSecret(engine));
}

function checkTime(name: string, value: unknown, least: number, below: number, most: string): void {
  const expected = `whole milliseconds from ${least} to ${most}`;
  if (typeof value !== 'number') throw new OptionError(name, expected, value);
  if (!Number.isInteger(value) || value < least || value >= below) throw new OptionError(name, expected, value, 'ERR_OPTION_RANGE');
}

function partsOf<T extends object>(options: T, known: readonly string[]): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new OptionError('options', 'an object', options);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new OptionError(unknown, expectedName(unknown, known), readPart(options, unknown), 'ERR_OPTION_UNKNOWN');
  return readParts(options, known) as T;
}
