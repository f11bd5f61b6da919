import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaemonError } from '../errors.ts';
import type { Entry } from '../options/plan.ts';
import type { Program } from '../program/run-program.ts';
import { keptFlags } from './node-flags.ts';

/** A command that becomes the daemon. */
export interface NodeCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command that becomes the daemon: this script again, or the bootstrap of a module or program target.
 * @throws {DaemonError} when this process cannot be run again that way; the message says why, and what works
 */
export function nodeCommand(entry: Entry): NodeCommand {
  refuseHost();
  if (entry.kind === 'module') return { file: process.execPath, args: [...keptFlags(process.execArgv, EVAL), bootstrap('module')] };
  if (entry.kind === 'program') return programCommand(entry);
  const script = process.argv[1];
  if (isSingleExecutable(script)) return { file: process.execPath, args: [...keptFlags(process.execArgv), ...process.argv.slice(2)] };
  refuseScript(script);
  return { file: process.execPath, args: [...keptFlags(process.execArgv), script as string, ...process.argv.slice(2)] };
}

/** The script and its arguments end the command line: people find a program by them. */
function programCommand({ script, argv, execArgv }: Program): NodeCommand {
  const own = bootstrap('program');
  return { file: process.execPath, args: [...keptFlags(process.execArgv, EVAL), ...execArgv, own, script, ...argv] };
}

/**
 * The program that a daemon of a module or program target begins with. It lies beside this file; in an application bundled as CommonJS nothing
 * is beside anything.
 * @throws {DaemonError} `ERR_NO_NODE`, `ERR_BUNDLED`
 */
function bootstrap(kind: 'module' | 'program'): string {
  if (isSingleExecutable(process.argv[1])) {
    throw refusal(`a single-executable application has no Node.js to run a ${kind} with; pass the target as a function`, 'ERR_NO_NODE', '');
  }
  const { url } = import.meta as { readonly url?: string };
  const path = url === undefined ? null : fileURLToPath(new URL(`./${kind}-main.js`, url));
  if (path !== null && existsSync(path)) return path;
  throw new DaemonError(
    `Cannot run a ${kind} target: '${path ?? `${kind}-main.js`}' is missing. In an application bundled into one file, mark '@daemonium/*' and 'koffi' external`,
    { code: 'ERR_BUNDLED' },
  );
}

/** Code on the command line is the launcher's; other entries do without. */
const EVAL = /^(-e|--eval|-p|--print|-pe|-i|--interactive|--input-type|-c|--check)(=|$)/;

function refuseHost(): void {
  if (process.platform === 'win32')
    throw new DaemonError('Windows has no sessions, signals or flock(2): daemons are not supported there', { code: 'ERR_PLATFORM' });
  const other = process.versions['bun'] !== undefined ? 'Bun' : process.versions['deno'] !== undefined ? 'Deno' : null;
  if (other !== null)
    throw new DaemonError(`${other} cannot be started again the way Node.js can: run this with Node.js`, { code: 'ERR_PLATFORM' });
  const permission = (process as { permission?: { has(scope: string): boolean } }).permission;
  if (permission !== undefined && !permission.has('child')) {
    throw new DaemonError('The permission model forbids to start processes: allow it with --allow-child-process', {
      code: 'ERR_PERMISSION',
    });
  }
}

function refuseScript(script: string | undefined): void {
  if (isEvaluated()) throw refusal('this program was given with -e or --print, and there is no script file to run again', 'ERR_NO_SCRIPT');
  if (script === undefined || script === '-')
    throw refusal('this is the REPL, or a program read from stdin: there is no script file to run again', 'ERR_NO_SCRIPT');
  if (isWorkerThread()) throw refusal('this is a worker thread, and running the script again would not bring it here', 'ERR_WORKER_THREAD');
  if (isClusterWorker())
    throw refusal('this is a cluster worker: the script, run again, would be a primary and fork workers for ever', 'ERR_CLUSTER_WORKER');
  const runner = testRunner(script);
  if (runner !== null) throw refusal(`this is a worker of ${runner}: running it again would run the tests again`, 'ERR_TEST_RUNNER');
}

function isEvaluated(): boolean {
  return process.execArgv.some((flag) => /^(-e|--eval|-p|--print|-pe)(=|$)/.test(flag));
}

function refusal(why: string, code: string, cure = '. A module target works here: new Daemon({ target: new URL(...) })'): DaemonError {
  return new DaemonError(`Cannot run this script again as a daemon: ${why}${cure}`, { code });
}

/** Node.js disables this in worker threads, and marks it; asking worker_threads itself would mean loading it in every launcher. */
function isWorkerThread(): boolean {
  return (process.abort as { disabled?: boolean }).disabled === true;
}

function isClusterWorker(): boolean {
  return process.send !== undefined && (process.getBuiltinModule('node:cluster') as unknown as { readonly isWorker: boolean }).isWorker;
}

/** Children of tests inherit the variables and are ordinary programs, so the main script decides. */
function testRunner(script: string): string | null {
  if (process.env['VITEST'] === undefined && process.env['JEST_WORKER_ID'] === undefined) return null;
  const found = /[\\/]node_modules[\\/](vitest|tinypool|jest(?:-[^\\/]+)?)[\\/]/.exec(realpath(script));
  return found === null ? null : (found[1] as string);
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** In a single-executable application argv[1] is the program as it was typed, in an ordinary one the script's absolute path. */
function isSingleExecutable(script: string | undefined): boolean {
  if (script === undefined || (isAbsolute(script) && !isSameFile(script, process.execPath))) return false;
  const sea = process.getBuiltinModule('node:sea') as { isSea(): boolean } | undefined;
  return sea?.isSea() === true;
}

/** By device and inode, which takes two calls; two real paths take some twenty. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
