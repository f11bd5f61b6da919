import { OptionError } from '../errors/option-error.ts';
import type { PidLockFile } from '../lock/pid-lock-file.ts';
import { withPidLock } from './make.ts';
import { pidFilePath } from './path.ts';

/**
 * Decorator of a method, as TC39 defines it: each call holds the lock and has sealed it, as with {@link withPidLock}.
 *
 * `class Report { @pidLocked('/run/report.pid') async main() {} }`
 *
 * All objects of the class share the one lock. A relative path is resolved where the class is defined.
 * @param pidFile the path, or a lock to use; default: {@link pidFilePath} of the main script
 * @throws {OptionError} `ERR_OPTION_TYPE`: no path and no lock, or it decorates something else than a method
 */
export function pidLocked(
  pidFile?: string | URL | PidLockFile,
): <This, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
) => (this: This, ...args: Args) => Result {
  return (method, context) => {
    // TypeScript's older decorators pass a name here.
    if (context?.kind !== 'method')
      throw new OptionError('context', "a method's, by a decorator of TC39 (no experimentalDecorators)", context);
    return withPidLock(pidFile === undefined ? pidFilePath() : pidFile, method);
  };
}
