import { join } from 'node:path';
import { defined } from '../options/defined.ts';
import { workingDirectory } from '../options/file-path.ts';
import { type Declaration, formatDeclaration } from './declaration.ts';
import { declarationPath, readDeclaration, writeDeclaration } from './declarations.ts';
import { makePlaces } from './directories.ts';
import { checkName } from './name.ts';
import { ownPlaces, type Places } from './places.ts';
import { RegistryError } from './registry-error.ts';

/** The required fields of a declaration; the others have defaults. */
export type Registration = Pick<Declaration, 'name' | 'by' | 'script'> & {
  readonly [Key in keyof Declaration]?: Declaration[Key] | undefined;
};

/** The declaration with the defaults that the command has. */
export function declarationOf(places: Places, { name, script, ...given }: Registration): Declaration {
  checkName(name);
  const log = join(places.logs, `${name}.log`);
  const defaults = {
    args: [],
    workingDirectory: workingDirectory(),
    execArgv: [],
    execDirectory: null,
    env: {},
    envFile: null,
    user: null,
    group: null,
    umask: 0o077,
    ready: 'started',
    startTimeout: null,
    stopTimeout: null,
    respawn: null,
    lease: null,
    listen: null,
    pidFile: join(places.locks, `${name}.pid`),
    stdout: log,
    stderr: log,
    config: null,
    created: new Date().toISOString(),
  } as const;
  return { name, script, ...defaults, ...defined(given) };
}

/**
 * Writes a daemon down among those of this user, so that the command `daemonium` lists it. `control()` calls it at a start with the option
 * `register: true`. Declared variables stay: only the command changes them.
 * @throws {OptionError} a name that cannot be a daemon's
 * @throws {RegistryError} the folder cannot be used, or another script has the name (`ERR_NAME_TAKEN`)
 */
export function register(registration: Registration, places: Places = ownPlaces()): Declaration {
  const wanted = declarationOf(places, registration);
  makePlaces(places);
  const known = readDeclaration(places, wanted.name);
  if (known !== null) refuseOtherScript(places, known, wanted);
  const written = known === null ? wanted : { ...wanted, env: known.env, envFile: known.envFile, created: known.created };
  replaceDeclaration(places, known, written);
  return written;
}

/** Writes a declaration in the place of the known one. One that would not change is not written: a write waits for the disk. */
export function replaceDeclaration(places: Places, known: Declaration | null, wanted: Declaration): void {
  if (known !== null && isSame(known, wanted)) return;
  writeDeclaration(places, { ...wanted, created: known?.created ?? wanted.created });
}

/** Whether two declarations say the same, whenever they were made. */
export function isSame(one: Declaration, other: Declaration): boolean {
  return formatDeclaration({ ...one, created: '' }) === formatDeclaration({ ...other, created: '' });
}

/** @throws {RegistryError} `ERR_NAME_TAKEN` */
export function refuseOtherScript(places: Places, known: Declaration, wanted: Declaration): void {
  if (known.script === wanted.script && known.by === wanted.by) return;
  throw new RegistryError(
    `The name '${known.name}' is taken: it stands for '${known.script}', and not for '${wanted.script}'. Choose another name, delete '${known.name}' first, or start with --replace`,
    'ERR_NAME_TAKEN',
    declarationPath(places, known.name),
  );
}
