import { shellLine, shellVariables, shellWord } from '../../words/shell-words.ts';
import { madeFor, type Service } from '../service.ts';

/**
 * An init script that hands the verbs over. A start fails if the program's start does. After a crash, `respawn` starts the daemon again.
 * @see https://man.freebsd.org/cgi/man.cgi?query=openrc-run&sektion=8&manpath=Debian
 */
export function openrcScript(service: Service): string {
  const { name, declaration } = service;
  const run = (verb: 'start' | 'stop' | 'reload' | 'status') => asOwner(service, service.verb(verb));
  // Paths of a program that calls control() may be relative.
  const there = declaration.by === 'control' ? [`\tcd ${shellWord(declaration.workingDirectory)} || return 1`] : [];
  const doing = (verb: 'start' | 'stop' | 'reload', message: string) => [
    `${verb}() {`,
    `\tebegin "${message} ${name}"`,
    ...there,
    `\t${run(verb)}`,
    '\teend $?',
    '}',
    '',
  ];
  return [
    '#!/sbin/openrc-run',
    `# ${madeFor(service)}`,
    // The first two: words in quotes may have a $ or a backslash in them.
    '# shellcheck shell=sh disable=SC1003,SC2016,SC2034,SC2317',
    '',
    `description="${name} (daemonium)"`,
    'extra_started_commands="reload"',
    '',
    'depend() {',
    // `need` would keep the daemon down on Debian, which has no service of the name localmount.
    '\tuse localmount net logger',
    '}',
    '',
    ...doing('start', 'Starting'),
    ...doing('stop', 'Stopping'),
    ...doing('reload', 'Reloading'),
    'status() {',
    ...there,
    `\t${run('status')}`,
    '}',
    '',
  ].join('\n');
}

function asOwner({ owner, variables }: Service, words: readonly string[]): string {
  const line = `${shellVariables(variables)}${shellLine(words)}`;
  return owner === null ? line : `su -s /bin/sh ${shellWord(owner)} -c ${shellWord(line)}`;
}
