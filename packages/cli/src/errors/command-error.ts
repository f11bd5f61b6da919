import { meansNotPermitted } from '@daemonium/core/registry';
import { FAILED, NOT_PERMITTED, USAGE } from './exit-codes.ts';

/** An error in the use of the command. Only its message is shown. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = FAILED, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && meansNotPermitted(at.code)) return NOT_PERMITTED;
  return error instanceof Error && 'code' in error && BAD_VALUES.includes(error.code) ? USAGE : FAILED;
}

/** Codes of an option that nobody can use. One that names a thing which is not here is no wrong usage. */
const BAD_VALUES: readonly unknown[] = ['ERR_OPTION_TYPE', 'ERR_OPTION_RANGE', 'ERR_OPTION_UNKNOWN'];

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
