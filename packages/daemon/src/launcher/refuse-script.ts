import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { processArguments } from '@daemonium/core/start';
import { DaemonError } from '../errors.ts';

/**
 * Refuses a program whose main script, when it runs again, would not come to this start, or would repeat work that must be done once.
 * @param script `process.argv[1]`
 * @throws {DaemonError} the message says why, and what works
 */
export function refuseScript(script: string | undefined): asserts script is string {
  if (isEvaluated()) throw refusal('this program was given with -e or --print, and there is no script file to run again', 'ERR_NO_SCRIPT');
  if (script === undefined || script === '-')
    throw refusal('this is the REPL, or a program read from stdin: there is no script file to run again', 'ERR_NO_SCRIPT');
  if (isWorkerThread()) throw refusal('this is a worker thread, and running the script again would not bring it here', 'ERR_WORKER_THREAD');
  if (isClusterWorker())
    throw refusal('this is a cluster worker: the script, run again, would be a primary and fork workers for ever', 'ERR_CLUSTER_WORKER');
  const path = realpath(script);
  const runner = testRunner(path);
  if (runner !== null) throw refusal(`this is a test of ${runner}: running it again would run the tests again`, 'ERR_TEST_RUNNER');
  const loader = scriptLoader(script, path);
  if (loader !== null) throw loaderRefusal(loader);
}

function loaderRefusal(loader: string): DaemonError {
  const hooks = loader === 'jiti' ? 'jiti/register' : 'tsx';
  return refusal(
    `${loader} has loaded it into the process of its own command, which leaves no trace of how it was called`,
    'ERR_SCRIPT_LOADER',
    `. Have Node.js load it: node --import ${hooks} SCRIPT. A module target in JavaScript works here, too: new Daemon({ target: new URL(...) })`,
  );
}

export function refusal(
  why: string,
  code: string,
  cure = '. A module target works here: new Daemon({ target: new URL(...) })',
): DaemonError {
  return new DaemonError(`Cannot run this script again as a daemon: ${why}${cure}`, { code });
}

function isEvaluated(): boolean {
  return process.execArgv.some((flag) => /^(-e|--eval|-p|--print|-pe)(=|$)/.test(flag));
}

/** Node.js disables this in worker threads, and marks it; asking worker_threads itself would mean loading it in every launcher. */
function isWorkerThread(): boolean {
  return (process.abort as { disabled?: boolean }).disabled === true;
}

function isClusterWorker(): boolean {
  return process.send !== undefined && (process.getBuiltinModule('node:cluster') as unknown as { readonly isWorker: boolean }).isWorker;
}

/** Their commands and workers run tests in their own process. */
const RUNNERS = /[\\/]node_modules[\\/](mocha|ava)[\\/]/;
/** Theirs, too, and packages that are called like them may be ordinary programs: these set a variable. */
const MARKED_RUNNERS = /[\\/]node_modules[\\/](vitest|tinypool|jest(?:-[^\\/]+)?)[\\/]/;

/** Variables alone say nothing: children of tests inherit them, and are ordinary programs. */
function testRunner(path: string): string | null {
  const isMarked = process.env['VITEST'] !== undefined || process.env['JEST_WORKER_ID'] !== undefined;
  const [, runner] = RUNNERS.exec(path) ?? (isMarked ? MARKED_RUNNERS.exec(path) : null) ?? [];
  if (runner !== undefined) return runner;
  // tap's tests are main scripts of their own, which it has Node.js load through hooks.
  if (process.execArgv.some((flag) => /[\\/]node_modules[\\/]@tapjs[\\/]/.test(flag))) return 'tap';
  return hasTestHarness() ? 'node:test' : null;
}

/** `node --test` runs each file as a main script. A test differs from other scripts in that it has loaded node:test. */
function hasTestHarness(): boolean {
  const { moduleLoadList } = process as { readonly moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes('NativeModule internal/test_runner/harness') === true;
}

const LOADERS = /[\\/]node_modules[\\/](jiti|vite-node)[\\/]/;

/**
 * The command that has loaded the script into its own process, and passes for it in `process.argv`; only the kernel still knows.
 * @param path the script's real one
 */
function scriptLoader(script: string, path: string): string | null {
  // ts-node and its kind add themselves to execArgv, so that the command can be repeated; then this is the script, or nothing.
  const program = resolve(processArguments(process.pid)[1 + process.execArgv.length] ?? script);
  const [, loader = null] = LOADERS.exec(program === script ? path : realpath(program)) ?? [];
  return loader;
}

function realpath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
