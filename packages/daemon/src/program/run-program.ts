import { accessSync, constants } from 'node:fs';
import { DaemonError } from '../errors.ts';
import { runMainModule } from './main-module.ts';
import { type ProgramReadiness, whenListening, whenSaid } from './program-readiness.ts';

export { copyOutput } from './copy-output.ts';

/** An ordinary Node.js program, which need not know of Daemonium. */
export interface Program {
  /** Absolute path. */
  readonly script: string;
  readonly argv: readonly string[];
  /** Flags of Node.js itself, in addition to the launcher's. */
  readonly execArgv: readonly string[];
  readonly readiness: ProgramReadiness;
}

/**
 * Runs the program in this process. Calls `ready` once, when the condition `readiness` is met.
 * @returns once its main module has been evaluated
 * @throws {DaemonError} `ERR_PROGRAM_UNREADABLE`
 */
export async function runProgram({ script, argv, readiness }: Omit<Program, 'execArgv'>, ready: () => void): Promise<void> {
  refuseUnreadable(script);
  if (readiness === 'listening') whenListening(ready);
  if (readiness === 'message') whenSaid(ready);
  await runMainModule(script, argv);
  if (readiness === 'started') ready();
}

/** Node.js says of a script below a directory that it may not enter that there is none. Of one that is missing it says that well enough. */
function refuseUnreadable(script: string): void {
  try {
    accessSync(script, constants.R_OK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') return;
    const message = `Uid ${process.getuid?.()} cannot read the program '${script}' (EACCES): let it read the file, and enter the directories above it`;
    throw new DaemonError(message, { code: 'ERR_PROGRAM_UNREADABLE', cause });
  }
}
