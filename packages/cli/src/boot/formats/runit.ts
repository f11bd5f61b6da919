import { shellLine, shellWord } from '../../words/shell-words.ts';
import { madeFor, type Service } from '../service.ts';
import { checkVariableName } from '../unfit.ts';

/**
 * The file `run` of a service directory. runsv starts again whatever ends.
 * @throws {CommandError} a shell has no variable of such a name
 * @see https://smarden.org/runit/runsv.8
 */
export function runitRun(service: Service): string {
  const { owner, declaration, directory, variables, hasVariables } = service;
  const change = owner === null ? '' : `chpst -u ${shellWord(owner)} `;
  return [
    '#!/bin/sh',
    `# ${madeFor(service)}`,
    ...(hasVariables ? ['# Only its owner may read it: mode 0700.'] : []),
    // Words in quotes may have a $ or a backslash in them.
    '# shellcheck disable=SC1003,SC2016',
    'exec 2>&1',
    ...(directory === null ? [] : [`cd ${shellWord(directory)} || exit 1`]),
    ...Object.entries({ ...variables, ...(hasVariables ? declaration.env : {}) }).map(exported),
    `exec ${change}${shellLine(service.foregroundWithEnvFile)}`,
    '',
  ].join('\n');
}

/** As words of env(1) the values, which may be secrets, would be in the list of processes. */
function exported([name, value]: [string, string]): string {
  checkVariableName('sh', name);
  return `export ${name}=${shellWord(value)}`;
}
