import { OptionError } from '../errors/option-error.ts';

/** The name that was probably meant: at most two letters left out, added, changed, or swapped with their neighbour; or written in another case. */
export function closest(given: string, names: Iterable<string>): string | null {
  const candidates = [...names].map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }));
  const [best] = candidates.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.min(2, given.length / 2) ? best.name : null;
}

/** The expectation that an error names for an unknown option: the name that was probably meant, or one of all names. */
export function expectedName(given: string, names: Iterable<string>): string {
  const meant = closest(given, names);
  return meant === null ? `one of ${[...names].join(', ')}` : `'${meant}', which is probably meant`;
}

/**
 * Refuses anything but an object whose keys are among these names: a typo would change nothing and say nothing.
 * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_UNKNOWN`
 */
export function checkNames(options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new OptionError('options', 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) throw new OptionError(name, expectedName(name, names), value, 'ERR_OPTION_UNKNOWN');
  }
}

/**
 * Optimal string alignment.
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
 */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]), swapped));
    }
  }
  return at(a.length, b.length);
}
