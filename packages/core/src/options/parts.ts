import { OptionError } from '../errors/option-error.ts';

/**
 * A part of an object of options.
 * @param option its name in errors
 * @throws {OptionError} `ERR_OPTION_VALUE`: its getter throws
 */
export function readPart(given: object, key: string, option: string = key): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[key];
  } catch (cause) {
    throw new OptionError(option, 'a value that can be read', 'a getter that throws', 'ERR_OPTION_VALUE', { cause });
  }
}

/**
 * The parts of an object of options, each read once: a getter may have another value the next time.
 * @param prefix goes before their names in errors: `'respawn.'`
 * @throws {OptionError} `ERR_OPTION_VALUE`: a getter throws
 */
export function readParts<K extends string>(given: object, keys: readonly K[], prefix = ''): { readonly [Key in K]?: unknown } {
  const parts = keys.map((key) => [key, readPart(given, key, `${prefix}${key}`)] as const);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined)) as { readonly [Key in K]?: unknown };
}
