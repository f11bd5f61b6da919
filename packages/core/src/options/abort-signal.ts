import { OptionError } from '../errors/option-error.ts';

/**
 * An AbortSignal, of this realm or of another one.
 * @throws {OptionError} `ERR_OPTION_TYPE`
 */
export function checkAbortSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal) return signal as AbortSignal;
  throw new OptionError('signal', 'an AbortSignal', signal);
}
