import { dirname, resolve } from 'node:path';
import { faultOfName, nameOfScript } from '@daemonium/core/registry';
import { faultsOfOptions, isRecord } from '../config/check.ts';
import type { DaemonConfig } from '../config/define-config.ts';
import { messageOf } from '../errors/command-error.ts';
import { otherInterpreter } from '../start/cure.ts';
import { findScript } from '../start/script.ts';
import { ALIASES, ATTRIBUTES, respawn, type Translate, variables } from './attributes.ts';
import type { App, Ecosystem } from './ecosystem.ts';

export interface Translated {
  readonly daemons: Readonly<Record<string, DaemonConfig>>;
  /** Remarks on settings that are dropped, or done otherwise, one sentence each. */
  readonly remarks: readonly string[];
}

/** Values that pm2 takes for none. */
const ABSENT: readonly unknown[] = [undefined, null, '', false];
/** Attributes of which `false` says something. */
const SWITCHES = ['autorestart', 'autostart', 'watch', 'source_map_support'];

/** Translates all settings that have an equivalent; `environment` is the NAME of `env_NAME`. */
export function translate({ path, apps, others }: Ecosystem, environment: string | undefined): Translated {
  // Without a prototype: a name may be __proto__.
  const daemons: Record<string, DaemonConfig> = Object.create(null);
  const remarks = others.map((key) => `${key}: is not taken over`);
  if (environment !== undefined && !apps.some((app) => isRecord(app[`env_${environment}`])))
    remarks.push(`env_${environment}: no program has it, so nothing is taken from it`);
  for (const [index, given] of apps.entries()) {
    const app = withoutAliases(given);
    const name = nameOf(app);
    const fault = faultOf(app, name, daemons);
    if (fault !== null) remarks.push(`${name === '' ? `apps[${index}]` : name}: ${fault}`);
    else daemons[name] = translateApp(app, dirname(path), environment, (remark) => remarks.push(`${name}: ${remark}`));
  }
  return { daemons, remarks };
}

function nameOf({ name, script }: App): string {
  return typeof name === 'string' ? name : nameOfScript(String(script ?? ''));
}

function faultOf({ script }: App, name: string, daemons: object): string | null {
  if (typeof script !== 'string') return 'is left out: it has no script';
  const fault = faultOfName(name);
  if (fault !== null) return `is left out: as the name of a daemon, expected ${fault}`;
  return Object.hasOwn(daemons, name) ? 'is left out: the name is there already' : null;
}

function withoutAliases(app: App): App {
  return Object.fromEntries(Object.entries(app).map(([key, value]) => [Object.hasOwn(ALIASES, key) ? ALIASES[key] : key, value]));
}

type Mutable = { -readonly [K in keyof DaemonConfig]: DaemonConfig[K] };

function translateApp(app: App, directory: string, environment: string | undefined, remark: (text: string) => void): DaemonConfig {
  const workingDirectory = resolve(directory, typeof app['cwd'] === 'string' ? app['cwd'] : '.');
  const config: Mutable = { script: resolve(workingDirectory, String(app['script'])), workingDirectory };
  const fault = faultOfScript(config.script);
  if (fault !== null) remark(fault);
  // pm2 restarts by default.
  if (app['autorestart'] !== false) take(config, respawn() as Partial<DaemonConfig>);
  for (const [key, value] of Object.entries(app)) {
    if (isEnvironment(key) || isAbsent(key, value)) continue;
    const part = Object.hasOwn(ATTRIBUTES, key) ? (ATTRIBUTES[key] as Translate)(value, app) : 'is not known here';
    if (typeof part === 'string') remark(`${key} ${part}`);
    else take(config, part);
  }
  if (app['autorestart'] === false) delete config.respawn;
  for (const key of ['stdout', 'stderr'] as const)
    if (typeof config[key] === 'string') config[key] = resolve(workingDirectory, config[key]);
  takeEnvironment(config, app, environment, remark);
  for (const { key, text } of faultsOfOptions(config)) {
    remark(`${key} is left out: ${text}`);
    delete config[key];
  }
  return config;
}

/** pm2 also runs commands of PATH, and chooses an interpreter by the ending. */
function faultOfScript(script: string): string | null {
  try {
    findScript(script, '/');
  } catch (error) {
    return `script: ${messageOf(error)}. Programs are run by Node: name the script that a command such as npm would run`;
  }
  const other = otherInterpreter(script);
  return other === null ? null : `script: ${other}`;
}

/** Options of Node and of `respawn` come from several attributes, and add up. */
function take(config: Mutable, part: Partial<DaemonConfig>): void {
  const both = [config.respawn, part.respawn].map((each) => (typeof each === 'object' ? each : {}));
  const respawned = part.respawn === undefined ? {} : { respawn: Object.assign({}, ...both) };
  const execArgv = part.execArgv === undefined ? {} : { execArgv: [...(config.execArgv ?? []), ...part.execArgv] };
  Object.assign(config, part, execArgv, respawned);
}

function isEnvironment(key: string): boolean {
  return key.startsWith('env_');
}

function takeEnvironment(config: Mutable, app: App, environment: string | undefined, remark: (text: string) => void): void {
  for (const key of Object.keys(app).filter(isEnvironment)) {
    const name = key.slice('env_'.length);
    if (name === environment) config.env = { ...config.env, ...variables(app[key]) };
    else remark(`${key} is not taken over: choose it with --environment ${name}`);
  }
}

function isAbsent(key: string, value: unknown): boolean {
  return ABSENT.includes(value) && !(value === false && SWITCHES.includes(key));
}
