import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Declaration, declarationOf, defined, type Places } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { USAGE } from '../errors/exit-codes.ts';
import { faultsOf } from './check.ts';
import type { Config, DaemonConfig } from './define-config.ts';

const ENDINGS = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'];

/** A config file that has been read. */
export interface ConfigFile {
  readonly path: string;
  readonly names: readonly string[];
  /** The declaration of one of its daemons. */
  declaration(places: Places, name: string): Declaration;
}

/** The config file of a directory, or `null`. @throws {CommandError} */
export async function readNearestConfig(directory: string): Promise<ConfigFile | null> {
  const found = ENDINGS.map((ending) => join(directory, `daemonium.config.${ending}`)).filter(isFile);
  if (found.length > 1) throw new CommandError(`there are several config files, and one is expected: ${found.join(', ')}`, USAGE);
  return found[0] === undefined ? null : readConfig(found[0]);
}

/** @throws {CommandError} it cannot be read, or has faults: all of them at once */
export async function readConfig(path: string): Promise<ConfigFile> {
  if (!isFile(path)) throw new CommandError(`there is no config file '${path}'`);
  const exported = extname(path) === '.json' ? parse(path) : await load(path);
  const faults = faultsOf(exported);
  if (faults.length > 0) throw new CommandError([`'${path}':`, ...faults.map((fault) => `  ${fault}`)].join('\n'), USAGE);
  const { daemons } = exported as Config;
  return {
    path,
    names: Object.keys(daemons),
    declaration: (places, name) => declaration(places, path, name, daemons[name] as DaemonConfig),
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandError(`'${path}' is not JSON: ${(cause as Error).message}`, USAGE, { cause });
  }
}

async function load(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return module.default;
  } catch (cause) {
    throw new CommandError(whyNotLoaded(path, cause as NodeJS.ErrnoException), USAGE, { cause });
  }
}

function whyNotLoaded(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (
    code === 'ERR_UNKNOWN_FILE_EXTENSION' ||
    (code === undefined && /^Unexpected|^Missing initializer/.test(message) && /\.m?ts$/.test(path))
  ) {
    return `'${path}' is TypeScript, which Node ${process.versions.node} does not run (22.18 and later do). Set NODE_OPTIONS='--import tsx' for this command, or write the config as .mjs`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'daemonium'")) {
    return `'${path}' imports 'daemonium', which is not installed beside it: npm install --save-dev daemonium, or export the object without defineConfig()`;
  }
  return `'${path}' cannot be loaded: ${message}`;
}

function declaration(places: Places, config: string, name: string, daemon: DaemonConfig): Declaration {
  const directory = dirname(config);
  const at = (path: string) => resolve(directory, path);
  const {
    script,
    args,
    execArgv,
    env,
    envFile,
    workingDirectory,
    stdout,
    stderr = stdout,
    ready,
    listen,
    startTimeout,
    stopTimeout,
    respawn,
    lease,
    umask,
    user,
    group,
  } = daemon;
  const given = defined({
    args,
    execArgv,
    env,
    ready,
    listen,
    startTimeout,
    stopTimeout,
    respawn,
    lease,
    umask,
    envFile: envFile === undefined ? undefined : at(envFile),
    user: user === undefined ? undefined : String(user),
    group: group === undefined ? undefined : String(group),
    stdout: typeof stdout === 'string' ? at(stdout) : stdout,
    stderr: typeof stderr === 'string' ? at(stderr) : stderr,
  });
  const base = { name, by: 'command', script: at(script), workingDirectory: at(workingDirectory ?? '.'), config } as const;
  return declarationOf(places, { ...base, ...given });
}
