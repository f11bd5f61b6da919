import { runMainModule } from './main-module.ts';

export { copyOutput } from './copy-output.ts';

import { type ProgramReadiness, whenListening, whenSaid } from './program-readiness.ts';

/** An ordinary Node.js program, which need not know of Daemonium. */
export interface Program {
  /** Absolute path. */
  readonly script: string;
  readonly argv: readonly string[];
  /** Of Node itself, beside the launcher's. */
  readonly execArgv: readonly string[];
  readonly readiness: ProgramReadiness;
}

/** Makes the program this process's own. `ready` is called once, when it is what `readiness` says. @returns once its main module has been evaluated */
export async function runProgram({ script, argv, readiness }: Omit<Program, 'execArgv'>, ready: () => void): Promise<void> {
  if (readiness === 'listening') whenListening(ready);
  if (readiness === 'message') whenSaid(ready);
  await runMainModule(script, argv);
  if (readiness === 'started') ready();
}
