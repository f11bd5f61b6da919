import type { ChildProcess } from 'node:child_process';
import { StartError } from '../errors.ts';
import type { SpawnPlan } from './spawn-plan.ts';

/**
 * The first fork, with a session of its own.
 * @throws {StartError} `ERR_SPAWN`
 */
export function spawnDaemon({ command, stdio, env }: SpawnPlan): ChildProcess {
  // Every process that imports this package would load it otherwise, daemons included.
  const { spawn } = process.getBuiltinModule('node:child_process');
  let child: ChildProcess;
  try {
    child = spawn(command.file, [...command.args], { detached: true, stdio, env });
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
  ENOENT: 'the program or the working directory is not there any more',
  ENOMEM: 'there is not enough memory',
};

/** Nothing was started, and this is why. */
export function spawnFailure(cause: NodeJS.ErrnoException): StartError {
  // A file for stdin that went away has its name in the message.
  const cure = cause.syscall === 'open' && cause.code === 'ENOENT' ? undefined : CURES[cause.code ?? ''];
  return new StartError(`Cannot start the daemon's process: ${cause.message}${cure === undefined ? '' : `; ${cure}`}`, {
    code: 'ERR_SPAWN',
    stage: 1,
    cause,
  });
}
