import { accessSync, constants, readdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import { type Declaration, declaredNames, nearestDirectory, type Places, readDeclarations, standingOf } from '@daemonium/core/registry';
import { stateOf } from '../daemons/state.ts';
import { messageOf } from '../errors/command-error.ts';
import { version } from '../version.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

/** Findings about the folder of declarations, its files, and files that should not be there. */
export function registryFindings(places: Places): Finding[] {
  try {
    const { declarations, faults } = readDeclarations(places);
    const broken = faults.map((error) => fault('declaration', messageOf(error)));
    return [
      fine('declarations', `${declarations.length} in ${places.declarations}`),
      ...ofPlaces(places),
      ...broken,
      ...declarations.flatMap((each) => ofDaemon(places, each)),
      ...leftOver(places),
    ];
  } catch (error) {
    return [fault('declarations', messageOf(error))];
  }
}

function ofDaemon(places: Places, declaration: Declaration): Finding[] {
  const { name, text, outdated } = { ...stateOf(places, declaration, version()) };
  if (name === 'unknown') return [warning(declaration.name, text)];
  if (name === 'crashed') return [warning(declaration.name, `has crashed; see: daemonium logs ${declaration.name}`)];
  return outdated === null
    ? []
    : [warning(declaration.name, `was started with ${outdated}; a restart takes the version that is there now`)];
}

/** Whether a start can write at its places, or can make them. */
function ofPlaces({ declarations, locks, logs }: Places): Finding[] {
  return [...new Set([declarations, locks, logs])].flatMap((directory) => {
    try {
      accessSync(nearestDirectory(directory), constants.W_OK | constants.X_OK);
      return [];
    } catch (error) {
      return [fault('places', `no daemon can be started: '${directory}' cannot be written (${(error as NodeJS.ErrnoException).code})`)];
    }
  });
}

/** Files that are of no use, and whose daemons are not declared or whose writing was cut off. */
function leftOver(places: Places): Finding[] {
  const { declarations, locks } = places;
  const declared = new Set(declaredNames(places));
  const paths = [...new Set([declarations, locks])].flatMap((directory) => entries(directory).map((file) => join(directory, file)));
  return paths.filter((path) => isLeftOver(path, declared)).map((path) => warning('left over', `'${path}'; it can be removed`));
}

/** A write that was cut off leaves a file of its own, and the one that it was to replace as it was. */
function isLeftOver(path: string, declared: ReadonlySet<string>): boolean {
  const { name, ext } = parse(path);
  if (ext === '.tmp') return true;
  if (declared.has(name)) return false;
  return ext === '.started' || (ext === '.pid' && standingOf(path) === 'unlocked');
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
