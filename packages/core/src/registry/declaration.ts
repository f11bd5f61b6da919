import { faultOfName } from './name.ts';
import { RegistryError } from './registry-error.ts';

export type Readiness = 'started' | 'listening' | 'message';

/** The program to run under a name. All paths are absolute. */
export interface Declaration {
  readonly name: string;
  /** The command runs the script; `control()` is a program that is its own command. */
  readonly by: 'command' | 'control';
  readonly script: string;
  readonly args: readonly string[];
  readonly workingDirectory: string;
  /** Flags of Node.js itself. */
  readonly execArgv: readonly string[];
  /** The directory that their relative values are found from; `null`: the config file's, or else the working directory. */
  readonly execDirectory: string | null;
  /** The variables that were named; all others are the caller's, at each start. */
  readonly env: Readonly<Record<string, string>>;
  readonly envFile: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly umask: number;
  readonly ready: Readiness;
  /** Time-out in ms; `null`: the daemon's default. */
  readonly startTimeout: number | null;
  readonly stopTimeout: number | null;
  /** `null`: a program that crashes stays down. */
  readonly respawn: boolean | object | null;
  /** The option `lease`, as data. */
  readonly lease: object | null;
  /** The addresses, in the form of the option `listen`; `null`: the program opens its own sockets. */
  readonly listen: readonly unknown[] | null;
  readonly pidFile: string;
  /** `null`: none that is known. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  /** The config file that it comes from. */
  readonly config: string | null;
  /** ISO 8601 */
  readonly created: string;
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string' && !value.includes('\0');
const isPath: Check = (value) => isString(value) && (value as string).startsWith('/');
const isNumber: Check = (value) => typeof value === 'number' && value >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value as object).every(check);

const FIELDS: Readonly<Record<keyof Declaration, Check>> = {
  name: (value) => typeof value === 'string' && faultOfName(value) === null,
  by: oneOf('command', 'control'),
  script: isPath,
  args: listOf(isString),
  workingDirectory: isPath,
  execArgv: listOf(isString),
  // Earlier versions wrote none.
  execDirectory: (value) => value === undefined || value === null || isPath(value),
  env: recordOf(isString),
  envFile: orNull(isPath),
  user: orNull(isString),
  group: orNull(isString),
  umask: (value) => isNumber(value) && (value as number) <= 0o777,
  ready: oneOf('started', 'listening', 'message'),
  startTimeout: orNull(isNumber),
  stopTimeout: orNull(isNumber),
  // Declarations of earlier versions have none.
  respawn: (value) => value === undefined || value === null || typeof value === 'boolean' || isObject(value),
  lease: (value) => value === undefined || value === null || isObject(value),
  // Earlier versions wrote none. The daemon checks its content, at a start.
  listen: (value) => value === undefined || value === null || Array.isArray(value),
  pidFile: isPath,
  stdout: orNull(isPath),
  stderr: orNull(isPath),
  config: orNull(isPath),
  created: isString,
};

/** The text of a declaration's file. Fields that a later version adds are kept out of it, and do no harm. */
export function formatDeclaration(declaration: Declaration): string {
  const fields = Object.keys(FIELDS).map((key) => [key, declaration[key as keyof Declaration]]);
  return `${JSON.stringify(Object.fromEntries(fields), null, 2)}\n`;
}

/** @throws {RegistryError} `ERR_DECLARATION_BROKEN` */
export function parseDeclaration(text: string, name: string, path: string): Declaration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(path, text === '' ? 'it is empty' : (cause as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(path, 'it is not an object');
  const record = value as Record<string, unknown>;
  const wrong = Object.entries(FIELDS).filter(([key, isRight]) => !isRight(record[key]));
  if (wrong.length > 0)
    throw broken(
      path,
      `${wrong.map(([key]) => `'${key}'`).join(', ')} ${wrong.length === 1 ? 'is' : 'are'} missing or not what it should be`,
    );
  if (record['name'] !== name) throw broken(path, `it says that its name is '${record['name']}'`);
  return { execDirectory: null, respawn: null, lease: null, listen: null, ...record } as unknown as Declaration;
}

function broken(path: string, why: string): RegistryError {
  return new RegistryError(
    `The declaration '${path}' cannot be read: ${why}. Remove the file, and start the daemon anew`,
    'ERR_DECLARATION_BROKEN',
    path,
  );
}
