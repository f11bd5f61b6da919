import { setErrorName } from './set-error-name.ts';

/** The fault of an option: its type, its range, its name, or the thing that it names. */
export type OptionErrorCode = 'ERR_OPTION_TYPE' | 'ERR_OPTION_RANGE' | 'ERR_OPTION_UNKNOWN' | 'ERR_OPTION_VALUE';

/** Copies of this class are one: see start/index.ts. */
const BRAND = Symbol.for('daemonium.OptionError');

/**
 * An option or argument cannot be used. Thrown before anything is touched.
 *
 * `Option 'umask': expected an octal mode from 0 to 0o777, got -1`
 */
export class OptionError extends TypeError {
  static {
    setErrorName(this, 'OptionError');
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }
  /** The kind of fault. */
  readonly code: OptionErrorCode;
  /** The option's name, as the caller wrote it. */
  readonly option: string;
  /** The value, as the caller gave it. */
  readonly value: unknown;
  /** `null`: options are checked before the first stage. It counts as a DaemonError, which has a stage. */
  readonly stage = null;

  constructor(option: string, expected: string, value: unknown, code: OptionErrorCode = 'ERR_OPTION_TYPE', options?: ErrorOptions) {
    super(`Option '${option}': expected ${expected}, got ${expected.includes('0o') ? octal(value) : shown(value)}`, options);
    this.code = code;
    this.option = option;
    this.value = value;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (isOptionError(this)) return typeof value === 'object' && value !== null && BRAND in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** Not compared in the class itself: a bundler renames a class that names itself, and `constructor.name` shows in messages. */
function isOptionError(candidate: unknown): boolean {
  return candidate === OptionError;
}

const LONGEST_SHOWN = 80;

/** A mode, as its option is written. */
function octal(value: unknown): string {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? `0o${value.toString(8).padStart(3, '0')}` : shown(value);
}

/** Short, on one line, and without calling into the value's own code more than its class name. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `function ${value.name}`;
  if (typeof value === 'symbol') return value.toString();
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  return typeof made === 'function' && made !== Object ? `an instance of ${made.name}` : 'an object';
}
