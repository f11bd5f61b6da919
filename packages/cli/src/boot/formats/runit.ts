import { shellLine, shellVariables, shellWord } from '../../words/shell-words.ts';
import { madeFor, type Service } from '../service.ts';

/** The file `run` of a service directory. runsv starts again whatever ends. @see https://smarden.org/runit/runsv.8 */
export function runitRun(service: Service): string {
  const { owner, declaration, directory, variables } = service;
  const own = declaration.by === 'control' ? declaration.env : {};
  const change = owner === null ? '' : `chpst -u ${shellWord(owner)} `;
  const set = shellVariables({ ...variables, ...own });
  return [
    '#!/bin/sh',
    `# ${madeFor(service)}`,
    // Words in quotes may have a $ or a backslash in them.
    '# shellcheck disable=SC1003,SC2016',
    'exec 2>&1',
    ...(directory === null ? [] : [`cd ${shellWord(directory)} || exit 1`]),
    `exec ${set === '' ? '' : `env ${set}`}${change}${shellLine(service.foreground)}`,
    '',
  ].join('\n');
}
