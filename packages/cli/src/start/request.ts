import { resolve } from 'node:path';
import {
  type Declaration,
  declarationOf,
  defined,
  faultOfName,
  nameOfScript,
  type Places,
  readDeclaration,
  workingDirectory,
} from '@daemonium/core/registry';
import { type ConfigFile, readConfig, readNearestConfig } from '../config/load.ts';
import { type Found, find, unknownName } from '../daemons/find.ts';
import { CommandError } from '../errors/command-error.ts';
import { UNKNOWN_NAME, USAGE } from '../errors/exit-codes.ts';
import { findScript, isPath, scriptsOf } from './script.ts';
import { insteadOfCommand, insteadOfFile } from './typed-command.ts';

/** The options that were typed beside the word. */
export interface Typed {
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly envFile?: string;
  readonly user?: string;
  readonly ready?: Declaration['ready'];
  readonly respawn?: boolean;
  readonly listen?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly args?: readonly string[];
  readonly config?: string;
}

/**
 * The daemon that `start WORD` is to start: a declared one, one of the config file, or a script. The config file of this directory is not
 * read for a declared name, nor for a path with a slash.
 * @throws {CommandError} WORD is none of them
 */
export async function requested(places: Places, word: string, typed: Typed): Promise<Declaration> {
  const isName = faultOfName(word) === null;
  const chosen = typed.config === undefined ? null : await readConfig(resolve(workingDirectory(), typed.config));
  if (chosen?.names.includes(word)) return configured(places, chosen, word, typed);
  const known = isName ? readDeclaration(places, word) : null;
  if (known !== null) return again(places, known, typed);
  const config = chosen ?? (isName ? await readNearestConfig(workingDirectory()) : null);
  if (config?.names.includes(word)) return configured(places, config, word, typed);
  if (isPath(word, workingDirectory())) return fromScript(places, word, typed);
  const instead = insteadOfCommand(word);
  if (instead !== null) throw new CommandError(`no daemon '${word}', and no script: ${instead}`, UNKNOWN_NAME);
  throw unknownName(places, word, config?.names, scriptsOf(word, workingDirectory()));
}

/**
 * The daemons that `start all` is to start, and those of the config file alone for `start`. {@link again} reads the config files of the others.
 * @throws {CommandError} there is no config file for `start`
 */
export async function everything(places: Places, word: 'all' | undefined, typed: Typed): Promise<Found> {
  refuseOptions(typed, word === undefined ? 'start without a name' : "'all'");
  const config =
    typed.config === undefined ? await readNearestConfig(workingDirectory()) : await readConfig(resolve(workingDirectory(), typed.config));
  if (config === null && word === undefined) throw new CommandError('nothing to start: give a script or a name', USAGE);
  const ofConfig = config?.names.map((name) => config.declaration(places, name)) ?? [];
  if (word === undefined) return { declarations: ofConfig, faults: [] };
  const { declarations, faults } = find(places, ['all']);
  return { declarations: [...ofConfig, ...declarations.filter(({ name }) => !config?.names.includes(name))], faults };
}

/** A known daemon as it is declared, with the options typed now in place of the earlier ones. */
export async function again(places: Places, known: Declaration, typed: Typed = {}): Promise<Declaration> {
  if (typed.name !== undefined && typed.name !== known.name) {
    const cure = `To run its script under another name: daemonium start ${known.script} --name ${typed.name}`;
    throw new CommandError(`--name cannot go with '${known.name}', a daemon that has its name. ${cure}`, USAGE);
  }
  if (known.config === null) return { ...known, ...overlay(typed) };
  const config = await readConfig(known.config);
  if (config.names.includes(known.name)) return configured(places, config, known.name, typed);
  throw new CommandError(
    `'${known.config}' does not name '${known.name}' any more. Delete it, or put it back: daemonium delete ${known.name}`,
  );
}

function configured(places: Places, config: ConfigFile, name: string, typed: Typed): Declaration {
  refuseOptions(typed, `'${name}', which '${config.path}' declares; change it there`);
  return config.declaration(places, name);
}

function fromScript(places: Places, word: string, typed: Typed): Declaration {
  const script = findScript(word, workingDirectory());
  const instead = insteadOfFile(word);
  if (instead !== null) throw new CommandError(`'${word}' is no program, but says what to start: ${instead}`, USAGE);
  const name = typed.name ?? nameOfScript(script);
  const fault = faultOfName(name);
  if (fault !== null) throw new CommandError(`'${name}' cannot be the name of a daemon: expected ${fault}. Choose one with --name`, USAGE);
  return declarationOf(places, { name, by: 'command', script, workingDirectory: workingDirectory(), ...overlay(typed) });
}

function overlay({ cwd, env, envFile, user, ready, respawn, listen, execArgv, args }: Typed): Partial<Declaration> {
  const here = workingDirectory();
  return defined({
    workingDirectory: cwd === undefined ? undefined : resolve(here, cwd),
    env,
    envFile: envFile === undefined ? undefined : resolve(here, envFile),
    user,
    ready,
    respawn,
    listen,
    execArgv,
    execDirectory: execArgv === undefined ? undefined : here,
    args,
  });
}

function refuseOptions({ config: _, ...options }: Typed, why: string): void {
  const [given] = Object.keys(defined(options));
  if (given === undefined) return;
  const option = { execArgv: '--node-args', envFile: '--env-file', args: 'arguments after --' }[given] ?? `--${given}`;
  throw new CommandError(`${option} cannot go with ${why}`, USAGE);
}
