import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { StartError } from '../errors.ts';
import type { SpawnPlan } from './spawn-plan.ts';

/**
 * The first fork, with a session of its own.
 * @throws {StartError} `ERR_SPAWN`
 */
export function spawnDaemon({ command, stdio, env, directory }: SpawnPlan): ChildProcess {
  // Every process that imports this package would load it otherwise, daemons included.
  const { spawn } = process.getBuiltinModule('node:child_process');
  let child: ChildProcess;
  try {
    child = spawn(command.file, [...command.args], { detached: true, stdio, env, ...(directory === null ? {} : { cwd: directory }) });
  } catch (cause) {
    throw spawnFailure(cause as NodeJS.ErrnoException);
  }
  // Without a descriptor left Node.js makes no streams, and tells the error later.
  if (child.stdio === undefined) {
    child.on('error', () => {});
    throw spawnFailure(Object.assign(new Error(`spawn ${command.file} EMFILE`), { code: 'EMFILE' }));
  }
  return child;
}

const CURES: Readonly<Record<string, string>> = {
  E2BIG: 'the arguments and the environment are too long for execve(2)',
  EAGAIN: 'no more processes are allowed to this user (ulimit -u, pids.max)',
  EMFILE: 'too many files are open (ulimit -n)',
  ENOMEM: 'there is not enough memory',
};

/** Nothing was started, and this is why. */
export function spawnFailure(cause: NodeJS.ErrnoException): StartError {
  const cure = CURES[cause.code ?? ''];
  const reason = withoutProgram(cause) ?? `${cause.message}${cure === undefined ? '' : `; ${cure}`}`;
  return new StartError(`Cannot start the daemon's process: ${reason}`, { code: 'ERR_SPAWN', stage: 1, cause });
}

/** Node.js names the program, whatever it was that could not be opened or executed. */
function withoutProgram({ code, path, syscall }: NodeJS.ErrnoException): string | null {
  if (syscall?.startsWith('spawn') !== true || path === undefined || (code !== 'ENOENT' && code !== 'EACCES')) return null;
  const device = failureOf(() => accessSync('/dev/null', constants.R_OK | constants.W_OK));
  if (device !== null) return `/dev/null cannot be opened (${device}); as root: rm -f /dev/null; mknod -m 666 /dev/null c 1 3`;
  const program = failureOf(() => accessSync(path, constants.X_OK));
  if (program === 'ENOENT') return `'${path}' is not there any more`;
  if (program !== null) return `'${path}' may not be executed by this user (${program}), or is on a file system mounted with noexec`;
  return `'${path}' is there, but the loader or interpreter that it names is not (${code})`;
}

function failureOf(look: () => void): string | null {
  try {
    look();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
