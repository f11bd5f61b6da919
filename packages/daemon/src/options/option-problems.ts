import { OptionError, type OptionErrorCode } from '@daemonium/core/start';

/** Collects problems, so that one failed start reports all of them. */
export class OptionProblems {
  readonly #found: OptionError[] = [];

  /** Notes one problem. The value comes last, so that a long one hides nothing. */
  add(option: string, expected: string, value: unknown, code: OptionErrorCode = 'ERR_OPTION_VALUE', options: ErrorOptions = {}): void {
    this.#found.push(new OptionError(option, expected, value, code, options));
  }

  /** Runs one check; an OptionError it throws is one problem more. */
  check<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      this.#found.push(error);
      return otherwise;
    }
  }

  /** @throws {OptionError} the first problem; its message has the others, too */
  throwIfAny(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length > 0) first.message = [first.message, ...others.map((other) => other.message)].join('\n');
    throw first;
  }
}
