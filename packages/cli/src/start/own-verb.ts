import { type Declaration, defined } from '@daemonium/core/registry';
import { environmentChanges } from '../daemons/environment.ts';
import { FAILED } from '../errors/exit-codes.ts';

/** A program that calls `control()` is its own command: it is run with the verb, and its exit code is ours. */
export async function runOwnVerb(declaration: Declaration, verb: 'start' | 'restart' | 'upgrade' | 'foreground'): Promise<number> {
  const { script, args, execArgv, workingDirectory: cwd } = declaration;
  const changes = environmentChanges(declaration);
  const env = defined({ ...process.env, ...changes });
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(process.execPath, [...execArgv, script, verb, ...(args.length === 0 ? [] : ['--', ...args])], {
    cwd,
    env,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? FAILED));
  });
}
