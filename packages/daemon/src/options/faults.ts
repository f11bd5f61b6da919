import { OptionError } from '@daemonium/core/start';

export type OptionCode = 'ERR_OPTION_TYPE' | 'ERR_OPTION_RANGE' | 'ERR_OPTION_UNKNOWN' | 'ERR_OPTION_VALUE';

/** Collects faults, so that one failed start reports all of them. */
export class Faults {
  readonly #found: OptionError[] = [];

  /** Notes one fault. The value comes last, so that a long one hides nothing. */
  add(option: string, expected: string, value: unknown, code: OptionCode = 'ERR_OPTION_VALUE', options: ErrorOptions = {}): void {
    this.#found.push(new OptionError(option, expected, value, code, options));
  }

  /** Runs one check; an OptionError it throws is one fault more. */
  check<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      this.#found.push(error);
      return otherwise;
    }
  }

  /** @throws {OptionError} the first fault; its message tells the others, too */
  throwIfAny(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length > 0) first.message = [first.message, ...others.map((other) => other.message)].join('\n');
    throw first;
  }
}
