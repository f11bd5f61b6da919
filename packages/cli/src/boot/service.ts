import { type Declaration, type Places, START_TIMEOUT, STOP_TIMEOUT } from '@daemonium/core/registry';
import { ownAccount } from '../daemons/account.ts';
import { flagsDirectory } from '../daemons/flags-directory.ts';
import { type ListenAddress, listenAddresses } from './listen-addresses.ts';
import type { ProgramPaths } from './program-paths.ts';
import { type RestartPolicy, restartPolicy } from './restart-policy.ts';

/** A declaration as the thing that a host starts: all formats are written from this. */
export interface Service {
  /** Name of the daemon. */
  readonly name: string;
  /** Name of the unit, the label or the init script. */
  readonly unit: string;
  readonly declaration: Declaration;
  /** The directory that the command line needs; `null`: it works in any. */
  readonly directory: string | null;
  /** The account whose registry has the declaration; `null`: root's. */
  readonly owner: string | null;
  /** Stays, and becomes the daemon. */
  readonly foreground: readonly string[];
  /** The same for a host that reads no env file: Node.js reads it. */
  readonly foregroundWithEnvFile: readonly string[];
  /** The verbs, of the command or of a program that is its own. */
  verb(verb: 'start' | 'stop' | 'restart' | 'reload' | 'status'): readonly string[];
  /** The unit itself has to set the declared variables: a program that calls control() does not read them. They may be secrets. */
  readonly hasVariables: boolean;
  /** Variables without which the command would look elsewhere. */
  readonly variables: Readonly<Record<string, string>>;
  /** Times in s. Each is a little longer than the daemon's own limit, so that the daemon itself reports the failure. `null`: no limit. */
  readonly startSeconds: number | null;
  readonly stopSeconds: number;
  readonly restart: RestartPolicy | null;
  readonly listen: readonly ListenAddress[];
}

const GRACE_S = 5;

const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1000) + GRACE_S;

export function serviceOf(places: Places, declaration: Declaration, { node, command }: ProgramPaths): Service {
  const { name, by, script, args, execArgv, env, envFile, startTimeout, stopTimeout } = declaration;
  const itself = [node, ...execArgv, script];
  const ownEnvFile = by === 'control' && envFile !== null ? [`--env-file=${envFile}`] : [];
  const own = args.length === 0 ? [] : ['--', ...args];
  const state = process.env['XDG_STATE_HOME'];
  const hasVariables = by === 'control' && Object.keys(env).length > 0;
  // Declared variables are the command's to set.
  const isByItself = by === 'control' && !hasVariables && envFile === null;
  const foreground = by === 'control' ? [...itself, 'foreground', ...own] : [node, ...execArgv, command, 'start', name, '--foreground'];
  return {
    name,
    unit: `daemonium-${name}`,
    declaration,
    directory: flagsDirectory(declaration),
    owner: places.uid === 0 ? null : ownAccount().username,
    foreground,
    foregroundWithEnvFile: [node, ...ownEnvFile, ...foreground.slice(1)],
    verb: (verb) => (isByItself ? [...itself, verb, ...own] : [node, command, verb, name]),
    hasVariables,
    variables: state?.startsWith('/') === true ? { XDG_STATE_HOME: state } : {},
    startSeconds: startTimeout === 0 ? null : seconds(startTimeout ?? START_TIMEOUT),
    stopSeconds: seconds(stopTimeout ?? STOP_TIMEOUT),
    restart: restartPolicy(declaration),
    listen: listenAddresses(declaration),
  };
}

/** The first line of all that is made, by which it is known again. */
export function madeFor({ name }: Service): string {
  return `Made by daemonium for '${name}'; daemonium uninstall ${name} removes it.`;
}
