import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteStopped, type Places } from '@daemonium/core/registry';
import { engineWarnings } from '../boot/engine-variable.ts';
import { type Installation, installation, type Wanted, type Words } from '../boot/host.ts';
import { programPaths } from '../boot/program-paths.ts';
import { madeFor, serviceOf } from '../boot/service.ts';
import { findOne } from '../daemons/find.ts';
import { isUp, stateOf } from '../daemons/state.ts';
import { CommandError } from '../errors/command-error.ts';
import { DONE } from '../errors/exit-codes.ts';
import { complain, say } from '../terminal/output.ts';
import { version } from '../version.ts';
import { shellLine } from '../words/shell-words.ts';

export interface InstallOptions extends Wanted {
  readonly dryRun?: boolean;
}

/** Has the host start the daemon at boot. Shows each step, and does it. The daemon itself is left as it is. */
export function install(places: Places, name: string, { dryRun = false, ...wanted }: InstallOptions): number {
  const paths = programPaths();
  const declaration = findOne(places, name);
  for (const warning of [...paths.warnings, ...engineWarnings(declaration)]) complain(warning);
  const service = serviceOf(places, declaration, paths);
  const plan = installation(service, places, wanted);
  const files = filesOf(plan);
  for (const { path } of files) refuseForeign(path, madeFor(service));
  if (dryRun) {
    for (const { path, text } of files) say(`write ${path}:\n${text}`);
    for (const words of plan.enable) say(`$ ${shellLine(words)}`);
    return DONE;
  }
  for (const { path } of files) complain(`write ${path}`);
  for (const words of plan.enable) complain(`$ ${shellLine(words)}`);
  mkdirSync(plan.directory, { recursive: true });
  for (const { path, text, mode } of files) write(path, text, mode);
  for (const words of plan.enable) run(words);
  say(`${name} is installed: ${plan.host} starts it at boot. To start it now, if it does not run already: ${shellLine(plan.startNow)}`);
  return DONE;
}

/**
 * Takes it back. A daemon that the host runs is stopped by it, and counts as stopped, as after the verb `stop`; one that was started otherwise goes
 * on.
 */
export function uninstall(places: Places, name: string, { dryRun = false, ...wanted }: InstallOptions): number {
  const declaration = findOne(places, name);
  const service = serviceOf(places, declaration, { node: process.execPath, command: '', warnings: [] });
  const plan = installation(service, places, wanted);
  const ours = filesOf(plan).filter(({ path }) => refuseForeign(path, madeFor(service)));
  if (ours.length === 0) {
    say(`${name} is not installed`);
    return DONE;
  }
  const show = dryRun ? say : complain;
  for (const words of plan.disable) show(`$ ${shellLine(words)}`);
  for (const { path } of ours) show(`remove ${path}`);
  for (const words of plan.after) show(`$ ${shellLine(words)}`);
  if (dryRun) return DONE;
  const runs = () => isUp(stateOf(places, declaration, version()));
  const ran = runs();
  for (const words of plan.disable) attempt(words);
  if (ran && !runs()) noteStopped(places, name);
  for (const { path } of ours) rmSync(path, { force: true });
  for (const words of plan.after) run(words);
  say(`${name} is uninstalled: it does not start at boot`);
  return DONE;
}

function filesOf({ directory, files }: Installation) {
  return files.map(({ name, text, mode }) => ({ path: join(directory, name), text, mode }));
}

/** @returns `true` if the file is ours, `false` if there is none. @throws {CommandError} the file was made by another program or person */
function refuseForeign(path: string, mark: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  if (text.includes(mark)) return true;
  throw new CommandError(`'${path}' is there, and not made by this command. It was left as it is; remove it if it should not be there`);
}

/** Whole or not at all: the host may read it at any moment. */
function write(path: string, text: string, mode: number): void {
  const temporary = `${path}.daemonium-tmp`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, text, { flag: 'wx', mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function run(words: Words): void {
  const failure = failureOf(words);
  if (failure !== null) throw new CommandError(`${failure}. To undo the steps before it: daemonium uninstall`);
}

function attempt(words: Words): void {
  const failure = failureOf(words);
  if (failure !== null) complain(failure);
}

function failureOf([program = '', ...args]: Words): string | null {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status === 0) return null;
  return `'${shellLine([program, ...args])}' ${error === undefined ? `ended with ${status}: ${stderr.trim()}` : `cannot be run: ${error.message}`}`;
}
