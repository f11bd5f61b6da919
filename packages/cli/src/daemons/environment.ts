import { readFileSync } from 'node:fs';
import type { Declaration } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';

/**
 * The variables that a declaration names: those of its file, and over them its own. The file is read anew each time.
 * @throws {CommandError} the file cannot be read
 */
export function declaredVariables({ name, env, envFile }: Declaration): Record<string, string> {
  return { ...(envFile === null ? {} : fromFile(name, envFile)), ...env };
}

function fromFile(name: string, path: string): Record<string, string> {
  try {
    return process.getBuiltinModule('node:util').parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new CommandError(`${name}: the env file '${path}' cannot be read: ${(cause as Error).message}`, undefined, { cause });
  }
}

/**
 * Changes that a start makes to the environment of this process. `npx` adds some thirty variables that the user did not ask for, so they
 * are dropped; under a script of npm they are on purpose.
 */
export function environmentChanges(declaration: Declaration, env: NodeJS.ProcessEnv = process.env): Record<string, string | undefined> {
  const npx = env['npm_command'] === 'exec' ? Object.keys(env).filter((name) => name.startsWith('npm_')) : [];
  return { ...Object.fromEntries(npx.map((name) => [name, undefined])), ...declaredVariables(declaration) };
}
