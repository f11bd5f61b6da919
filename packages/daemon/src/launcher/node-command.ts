import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { workingDirectory } from '@daemonium/core/start';
import { DaemonError } from '../errors.ts';
import type { Entry } from '../options/plan.ts';
import type { Program } from '../program/run-program.ts';
import { absoluteFlags } from './absolute.ts';
import { bootstrapPath } from './bootstrap-path.ts';
import { keptFlags } from './node-flags.ts';
import { refusal, refuseScript } from './refuse-script.ts';

/** A command that becomes the daemon. */
export interface NodeCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command that becomes the daemon: this script again, or the bootstrap of a module or program target.
 * @param words of the script's own command line
 * @throws {DaemonError} when this process cannot be run again that way; the message says why, and what works
 */
export function nodeCommand(entry: Entry, words: readonly string[] = process.argv): NodeCommand {
  refuseHost();
  if (entry.kind === 'module') return { file: process.execPath, args: [...flags(EVAL), bootstrap('module')] };
  if (entry.kind === 'program') return programCommand(entry);
  const [, script, ...argv] = words;
  if (isSingleExecutable(script)) return { file: process.execPath, args: [...flags(), ...argv] };
  refuseScript(script);
  // After `--` a script's name may begin with a dash, and then Node.js leaves it as it is.
  return { file: process.execPath, args: [...flags(), ...(script.startsWith('-') ? ['--'] : []), script, ...argv] };
}

/** The script and its arguments end the command line: people find a program by them. */
function programCommand({ script, argv, execArgv }: Program): NodeCommand {
  const own = bootstrap('program');
  return { file: process.execPath, args: [...flags(EVAL), ...absoluteFlags(execArgv, workingDirectory()), own, script, ...argv] };
}

/**
 * The program that a daemon of a module or program target begins with.
 * @throws {DaemonError} `ERR_NO_NODE`, `ERR_BUNDLED`
 */
function bootstrap(kind: 'module' | 'program'): string {
  if (isSingleExecutable(process.argv[1])) {
    throw refusal(`a single-executable application has no Node.js to run a ${kind} with; pass the target as a function`, 'ERR_NO_NODE', '');
  }
  return bootstrapPath(`${kind}-main.js`);
}

function flags(alsoDropped?: RegExp): string[] {
  return absoluteFlags(keptFlags(process.execArgv, alsoDropped), workingDirectory());
}

/** Code on the command line is the launcher's; other entries do without. */
const EVAL = /^(-e|--eval|-p|--print|-pe|-i|--interactive|--input-type|-c|--check)(=|$)/;

function refuseHost(): void {
  if (process.platform === 'win32')
    throw new DaemonError('Windows has no sessions, signals or flock(2): daemons are not supported there', { code: 'ERR_PLATFORM' });
  const other = ['Bun', 'Deno'].find((name) => process.versions[name.toLowerCase()] !== undefined);
  if (other !== undefined)
    throw new DaemonError(`${other} cannot be started again the way Node.js can: run this with Node.js`, { code: 'ERR_PLATFORM' });
  const permission = (process as { permission?: { has(scope: string): boolean } }).permission;
  if (permission !== undefined && !permission.has('child')) {
    throw new DaemonError('The permission model forbids to start processes: allow it with --allow-child-process', {
      code: 'ERR_PERMISSION',
    });
  }
}

/** In a single-executable application argv[1] is the program as it was typed, in an ordinary one the script's absolute path. */
function isSingleExecutable(script: string | undefined): boolean {
  if (script === undefined || (isAbsolute(script) && !isSameFile(script, process.execPath))) return false;
  const sea = process.getBuiltinModule('node:sea') as { isSea(): boolean } | undefined;
  return sea?.isSea() === true;
}

/** Compares device and inode, which takes two system calls; two real paths take some twenty. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
