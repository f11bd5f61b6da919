import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, type Places, readDeclarations } from '@daemonium/core/registry';
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
  if (name === 'crashed') return [warning(declaration.name, `is crashed; see: daemonium logs ${declaration.name}`)];
  return outdated === null
    ? []
    : [warning(declaration.name, `was started with ${outdated}; a restart takes the version that is there now`)];
}

/** A write that was cut off leaves a file of its own, and the one that it was to replace as it was. */
function leftOver({ declarations }: Places): Finding[] {
  return entries(declarations)
    .filter((file) => file.endsWith('.tmp'))
    .map((file) => warning('left over', `'${join(declarations, file)}', of a write that was cut off; it can be removed`));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
