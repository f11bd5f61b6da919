import { closest, faultOfName, OPTION_PARTS } from '@daemonium/core/registry';
import type { DaemonConfig } from './define-config.ts';

interface Rule {
  readonly expected: string;
  readonly isRight: (value: unknown) => boolean;
}

const isString = (value: unknown): value is string => typeof value === 'string' && value !== '' && !value.includes('\0');
const isMilliseconds = (value: unknown) => typeof value === 'number' && value >= 0;
const isPort = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
const path: Rule = { expected: 'a path', isRight: isString };
const pathOrNull: Rule = { expected: 'a path, or null', isRight: (value) => value === null || isString(value) };
const list: Rule = {
  expected: 'an array of strings',
  isRight: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};
const time: Rule = { expected: 'milliseconds from 0', isRight: isMilliseconds };
const identity: Rule = {
  expected: 'a name or a number',
  isRight: (value) => isString(value) || (Number.isInteger(value) && (value as number) >= 0),
};

const RULES: Readonly<Record<keyof DaemonConfig, Rule>> = {
  script: path,
  args: list,
  execArgv: list,
  env: {
    expected: 'an object of strings',
    isRight: (value) =>
      isRecord(value) && Object.entries(value).every(([key, each]) => typeof each === 'string' && key !== '' && !key.includes('=')),
  },
  envFile: path,
  workingDirectory: path,
  stdout: pathOrNull,
  stderr: pathOrNull,
  ready: {
    expected: "'started', 'listening' or 'message'",
    isRight: (value) => ['started', 'listening', 'message'].includes(value as string),
  },
  listen: {
    expected: "an array of ports, 'host:port', absolute paths, { host?, port, name?, backlog? } or { path, mode?, name? }",
    isRight: (value) => Array.isArray(value) && value.every((each) => isString(each) || isPort(each) || isRecord(each)),
  },
  startTimeout: time,
  stopTimeout: time,
  umask: {
    expected: 'a mode from 0 to 0o777',
    isRight: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0o777,
  },
  lease: { expected: "{ key, engine: 'postgres' or 'etcd', urlFrom: the name of a variable }", isRight: isRecord },
  respawn: { expected: 'true, false or an object', isRight: (value) => typeof value === 'boolean' || isRecord(value) },
  user: identity,
  group: identity,
};

/** All faults of a config file's export, one sentence each. */
export function faultsOf(config: unknown): string[] {
  if (!isRecord(config))
    return [`expected an object with 'daemons', found ${shown(config)}: export default defineConfig({ daemons: { ... } })`];
  const unknown = unknownKeys(config, ['daemons'], '');
  const { daemons } = config;
  if (!isRecord(daemons)) return [...unknown, `daemons: expected an object of daemons by their names, found ${shown(daemons)}`];
  return [...unknown, ...Object.entries(daemons).flatMap(([name, daemon]) => faultsOfDaemon(name, daemon))];
}

function faultsOfDaemon(name: string, daemon: unknown): string[] {
  const place = `daemons.${name}`;
  const fault = faultOfName(name);
  const ofName = fault === null ? [] : [`${place}: as the name of a daemon, expected ${fault}`];
  if (!isRecord(daemon)) return [...ofName, `${place}: expected an object, found ${shown(daemon)}`];
  const missing = daemon['script'] === undefined ? [`${place}.script: expected the path of the program, found nothing`] : [];
  const wrong = faultsOfOptions(daemon).map(({ key, text }) => `${place}.${key}: ${text}`);
  return [...ofName, ...missing, ...unknownKeys(daemon, Object.keys(RULES), `${place}.`), ...unknownParts(daemon, place), ...wrong];
}

/** Names of parts that there are not. The values of parts are checked at the start. */
function unknownParts(daemon: Record<string, unknown>, place: string): string[] {
  return Object.entries(OPTION_PARTS).flatMap(([option, keys]) => {
    const value = daemon[option];
    return isRecord(value) ? unknownKeys(value, keys, `${place}.${option}.`) : [];
  });
}

/** Values that an option cannot have. */
export function faultsOfOptions(daemon: object): ReadonlyArray<{ readonly key: keyof DaemonConfig; readonly text: string }> {
  return Object.entries(RULES).flatMap(([option, { expected, isRight }]) => {
    const key = option as keyof DaemonConfig;
    const value: unknown = (daemon as Partial<DaemonConfig>)[key];
    return value === undefined || isRight(value) ? [] : [{ key, text: `expected ${expected}, found ${shown(value)}` }];
  });
}

function unknownKeys(record: Record<string, unknown>, known: readonly string[], place: string): string[] {
  return Object.keys(record)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = closest(key, known);
      return `${place}${key}: there is no such option${meant === null ? '' : `; did you mean '${meant}'?`}`;
    });
}

/** Values in an object may be secrets, as those of `env`. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (isRecord(value))
    return `{ ${Object.entries(value)
      .map(([key, each]) => `${key}: a ${typeof each}`)
      .join(', ')} }`;
  if (Number.isNaN(value)) return 'NaN';
  return JSON.stringify(value) ?? 'nothing';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
