import {
  closest,
  type Declaration,
  declaredNames,
  type Places,
  type RegistryError,
  readDeclaration,
  readDeclarations,
} from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { UNKNOWN_NAME } from '../errors/exit-codes.ts';

export interface Found {
  readonly declarations: readonly Declaration[];
  /** Declarations that are there and cannot be used. */
  readonly faults: readonly RegistryError[];
}

/**
 * The daemons that these names mean, each once; 'all' means all.
 * @throws {CommandError} a name that stands for nothing
 * @throws {RegistryError} one that was named and cannot be read
 */
export function find(places: Places, names: readonly string[]): Found {
  if (names.includes('all')) return readDeclarations(places);
  return { declarations: [...new Set(names)].map((name) => findOne(places, name)), faults: [] };
}

/** @throws {CommandError} @throws {RegistryError} */
export function findOne(places: Places, name: string): Declaration {
  const found = isName(name) ? readDeclaration(places, name) : null;
  if (found === null) throw unknownName(places, name);
  return found;
}

/** @param scripts that the word may mean without their ending */
export function unknownName(places: Places, name: string, more: readonly string[] = [], [script]: readonly string[] = []): CommandError {
  const meant = script ?? closest(name, [...declaredNames(places), ...more]);
  const cure = meant === null ? 'see the names with: daemonium list' : `did you mean '${meant}'?`;
  return new CommandError(`no daemon '${name}'; ${cure}`, UNKNOWN_NAME);
}

/** A word that cannot be a name is not looked for: it would be a path. */
function isName(word: string): boolean {
  return /^[A-Za-z0-9._@-]{1,64}$/.test(word);
}
