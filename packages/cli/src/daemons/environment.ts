import { readFileSync } from 'node:fs';
import type { Declaration } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';

/**
 * The variables that a declaration names: those of its file, and over them its own. The file is read anew each time.
 * @throws {CommandError} the file cannot be read
 */
export function declaredVariables({ env, envFile }: Declaration): Record<string, string> {
  return { ...(envFile === null ? {} : fromFile(envFile)), ...env };
}

function fromFile(path: string): Record<string, string> {
  try {
    return process.getBuiltinModule('node:util').parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new CommandError(`the env file '${path}' cannot be read: ${(cause as Error).message}`, undefined, { cause });
  }
}

/** Changes that a start makes to the environment of this process. */
export function environmentChanges(declaration: Declaration, env: NodeJS.ProcessEnv = process.env): Record<string, string | undefined> {
  return { ...(env['npm_command'] === 'exec' ? withoutNpx(env) : {}), ...declaredVariables(declaration) };
}

/** Variables that npm sets for whatever it runs, beside the thirty or so that begin with `npm_`. EDITOR is the user's own, or harmless. */
const OF_NPM: readonly string[] = ['COLOR', 'INIT_CWD', 'NODE'];

/** Takes back what `npx` has done to the environment, which no option asks for. Under a script of npm it is on purpose. */
function withoutNpx(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const names = Object.keys(env).filter((name) => name.startsWith('npm_') || OF_NPM.includes(name));
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), PATH: ownPath(env['PATH'] ?? '') };
}

/** npm puts a row of directories in front of PATH. The last of them has its node-gyp. */
function ownPath(path: string): string {
  const directories = path.split(':');
  return directories.slice(directories.findIndex((directory) => directory.endsWith('/node-gyp-bin')) + 1).join(':');
}
