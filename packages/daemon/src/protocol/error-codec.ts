import { type EncodedError, OptionError, decodeError as restoreError } from '@daemonium/core/start';
import { DaemonError, NotRunningError, StartError, StartTimeoutError, StopTimeoutError } from '../errors.ts';
import { type Core, core } from '../internal/core.ts';

export { type EncodedError, encodeError } from '@daemonium/core/start';

const KNOWN = new Map<string, { readonly prototype: object }>(
  [
    ...[DaemonError, NotRunningError, OptionError, StartError, StartTimeoutError, StopTimeoutError],
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError],
  ].map((known) => [known.name, known]),
);

/** Errors of the lock. Its code is loaded when the first of them comes. */
const LOCK_ERRORS = [
  'AlreadyLockedError',
  'LockFailedError',
  'LockNotReentrantError',
  'NotMyLockError',
  'PidFileInsecureError',
  'PidFileUnreadableError',
] as const satisfies readonly (keyof Core)[];

/** The error again, of its own class where this side knows it, and with the stack of the process that threw it. */
export function decodeError(encoded: EncodedError): Error {
  return restoreError(encoded, bare);
}

function bare({ class: className, name, message }: EncodedError): Error {
  if (className === 'DOMException') return new DOMException(message, name);
  const error = new Error(message);
  const known = KNOWN.get(className) ?? KNOWN.get(name) ?? lockError(className) ?? lockError(name);
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  return error;
}

function lockError(name: string): { readonly prototype: object } | undefined {
  const known = LOCK_ERRORS.find((each) => each === name);
  if (known === undefined) return undefined;
  try {
    return core()[known];
  } catch {
    return undefined;
  }
}
