import { type Declaration, declarationPath, type Places } from '@daemonium/core/registry';
import { bootLook } from '../boot/at-boot.ts';
import { findOne } from '../daemons/find.ts';
import { reportOf } from '../daemons/report.ts';
import { stateOf } from '../daemons/state.ts';
import { usageOf } from '../daemons/usage.ts';
import { DONE } from '../errors/exit-codes.ts';
import { bytes, duration } from '../terminal/format.ts';
import { say, sayJson } from '../terminal/output.ts';
import { printableLine } from '../terminal/printable.ts';
import { version } from '../version.ts';
import { shellLine } from '../words/shell-words.ts';

/** All that is declared of one daemon, and how it is. */
export async function describe(places: Places, name: string, { json = false }: { readonly json?: boolean }): Promise<number> {
  const declaration = findOne(places, name);
  const state = stateOf(places, declaration, version());
  const boot = bootLook(places)(name);
  const usage = (await usageOf(state.pid === null ? [] : [state.pid])).get(state.pid ?? 0);
  if (json) {
    sayJson({ ...declaration, ...reportOf(declaration, state, usage, boot), declaration: declarationPath(places, name) });
    return DONE;
  }
  const lines: ReadonlyArray<readonly [string, string | null]> = [
    ['name', name],
    ['state', state.text],
    ['pid', state.pid === null ? null : String(state.pid)],
    ['up for', state.since === null ? null : `${duration(Date.now() - state.since.getTime())}, since ${state.since.toISOString()}`],
    ['restarts', state.restarts === null || declaration.respawn === null ? null : String(state.restarts)],
    ['last exit', state.lastExit === null ? null : String(state.lastExit.signal ?? state.lastExit.code)],
    ['cpu, memory', usage === undefined ? null : `${Math.round(usage.cpu)}%, ${bytes(usage.memory)}`],
    ['at boot', boot],
    ...declared(declaration),
    ['declaration', declarationPath(places, name)],
  ];
  for (const [label, value] of lines) if (value !== null) say(`${label.padEnd(13)} ${printableLine(value)}`);
  return DONE;
}

function declared(declaration: Declaration): ReadonlyArray<readonly [string, string | null]> {
  const { args, execArgv, env, stdout, stderr, startTimeout, stopTimeout, respawn, lease, listen, user, group } = declaration;
  const words = (list: readonly string[]) => (list.length === 0 ? null : shellLine(list));
  const milliseconds = (time: number | null) => (time === null ? null : `${time} ms`);
  return [
    ['script', declaration.script],
    ['arguments', words(args)],
    ["Node's", words(execArgv)],
    ['directory', declaration.workingDirectory],
    ['variables', words(Object.keys(env))],
    ['env file', declaration.envFile],
    ['user, group', user === null && group === null ? null : `${user ?? '-'}, ${group ?? '-'}`],
    ['ready', declaration.by === 'control' ? 'as the program says: it calls control()' : declaration.ready],
    ['start timeout', milliseconds(startTimeout)],
    ['stop timeout', milliseconds(stopTimeout)],
    ['respawn', respawn === null ? null : respawnInWords(respawn)],
    ['listens on', listen === null ? null : words(listen.map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each))))],
    ['lease', lease === null ? null : JSON.stringify(lease)],
    ['log', stdout === stderr ? stdout : `${stdout ?? '/dev/null'}, errors ${stderr ?? '/dev/null'}`],
    ['pid file', declaration.pidFile],
    ['config', declaration.config],
    ['created', declaration.created],
  ];
}

function respawnInWords(respawn: NonNullable<Declaration['respawn']>): string {
  if (typeof respawn !== 'boolean') return JSON.stringify(respawn);
  return respawn ? 'yes' : 'no';
}
