import { dirname, resolve } from 'node:path';
import { faultOfName, nameOfScript } from '@daemonium/core/registry';
import type { RespawnOptions } from '@daemonium/daemon';
import type { DaemonConfig } from '../config/define-config.ts';
import { splitWords } from '../words/split-words.ts';
import type { App, Ecosystem } from './ecosystem.ts';

export interface Translated {
  readonly daemons: Readonly<Record<string, DaemonConfig>>;
  /** Remarks on settings that are dropped, or done otherwise, one sentence each. */
  readonly remarks: readonly string[];
}

type Part = Partial<DaemonConfig> | string;
type Translate = (value: unknown, app: App) => Part;

const text = (value: unknown) => String(value);
const nothing: Translate = () => ({});
/** pm2 also restarts programs that have ended with 0. */
const respawn = (parts: RespawnOptions = {}): Part => ({ respawn: { on: 'always', ...parts } });
const no =
  (instead: string): Translate =>
  () =>
    `is not taken over: ${instead}`;

/** NaN would be written as null. */
const number =
  (part: (value: number) => Part): Translate =>
  (value) => {
    const given = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
    return Number.isFinite(given) && given >= 0 && value !== ''
      ? part(given)
      : `is not taken over: expected a number, found ${JSON.stringify(value)}`;
  };

/** pm2's attributes. Each gives options of ours, or says why it does not. */
const ATTRIBUTES: Readonly<Record<string, Translate>> = {
  name: nothing,
  script: nothing,
  cwd: nothing,
  args: (value) => ({ args: words(value) }),
  node_args: (value) => ({ execArgv: words(value) }),
  interpreter_args: (value) => ({ execArgv: words(value) }),
  interpreter: (value) => (value === 'node' ? {} : `is not taken over: programs are run by Node, and not by '${text(value)}'`),
  env: (value) => ({ env: variables(value) }),
  out_file: (value) => ({ stdout: text(value) }),
  output: (value) => ({ stdout: text(value) }),
  error_file: (value) => ({ stderr: text(value) }),
  error: (value) => ({ stderr: text(value) }),
  log_file: (value) => ({ stdout: text(value), stderr: text(value) }),
  log: (value) => ({ stdout: text(value), stderr: text(value) }),
  kill_timeout: number((stopTimeout) => ({ stopTimeout })),
  listen_timeout: (value, app) => (app['wait_ready'] === true ? number((startTimeout) => ({ startTimeout }))(value, app) : {}),
  wait_ready: (value) => (value === true ? { ready: 'message' } : {}),
  uid: (value) => ({ user: value as string }),
  gid: (value) => ({ group: value as string }),
  user: (value) => ({ user: value as string }),
  autorestart: nothing,
  instances: (value) => (Number(value) === 1 ? {} : 'is not done: one process is started; use node:cluster in the program'),
  exec_mode: (value) => (/^fork/.test(text(value)) ? {} : 'is not done: use node:cluster in the program'),
  watch: (value) => (value === false ? {} : 'is not done: use node --watch while you develop'),
  ignore_watch: nothing,
  max_memory_restart: (value) => respawn({ memory: value as number | string }),
  max_restarts: number((limit) => respawn({ limit })),
  min_uptime: (value) => (typeof value === 'number' ? respawn({ healthyAfter: value }) : 'is not taken over: give milliseconds'),
  restart_delay: number((delay) => respawn({ delay, factor: 1, maxDelay: delay })),
  exp_backoff_restart_delay: number((delay) => respawn({ delay, factor: 1.5, maxDelay: Math.max(delay, 15_000) })),
  stop_exit_codes: (value) => {
    const never = [value].flat().map(Number);
    return never.every(Number.isInteger) ? respawn({ never }) : `is not taken over: expected exit codes, found ${JSON.stringify(value)}`;
  },
  cron_restart: no('use cron, with: daemonium restart NAME'),
  pid_file: no('the pid file has its own place: daemonium describe NAME'),
  merge_logs: nothing,
  combine_logs: nothing,
  time: no('lines are written as they come; the program can write the time'),
  log_date_format: no('lines are written as they come; the program can write the time'),
  source_map_support: (value) => (value === false ? {} : { execArgv: ['--enable-source-maps'] }),
  namespace: no('there are no namespaces'),
  append_env_to_name: no('a name gets no suffix'),
  post_update: no('there is no deployment'),
  vizion: nothing,
  pmx: nothing,
  automation: nothing,
  treekill: nothing,
  shutdown_with_message: no('a stop is SIGTERM'),
};

/** Translates all settings that have an equivalent; `environment` is the NAME of `env_NAME`. */
export function translate({ path, apps, others }: Ecosystem, environment: string | undefined): Translated {
  // Without a prototype: a name may be __proto__.
  const daemons: Record<string, DaemonConfig> = Object.create(null);
  const remarks = others.map((key) => `${key}: is not taken over`);
  for (const app of apps) {
    const name = nameOf(app);
    const fault = faultOf(app, name, daemons);
    if (fault !== null) remarks.push(`${name}: ${fault}`);
    else daemons[name] = translateApp(app, dirname(path), environment, (remark) => remarks.push(`${name}: ${remark}`));
  }
  return { daemons, remarks };
}

function nameOf({ name, script }: App): string {
  return typeof name === 'string' ? name : nameOfScript(text(script ?? ''));
}

function faultOf({ script }: App, name: string, daemons: object): string | null {
  if (typeof script !== 'string') return 'is left out: it has no script';
  const fault = faultOfName(name);
  if (fault !== null) return `is left out: as the name of a daemon, expected ${fault}`;
  return Object.hasOwn(daemons, name) ? 'is left out: the name is there already' : null;
}

type Mutable = { -readonly [K in keyof DaemonConfig]: DaemonConfig[K] };

function translateApp(app: App, directory: string, environment: string | undefined, remark: (text: string) => void): DaemonConfig {
  const workingDirectory = resolve(directory, typeof app['cwd'] === 'string' ? app['cwd'] : '.');
  const config: Mutable = { script: resolve(workingDirectory, text(app['script'])), workingDirectory };
  // pm2 restarts by default.
  if (app['autorestart'] !== false) take(config, respawn() as Partial<DaemonConfig>);
  for (const [key, value] of Object.entries(app)) {
    if (value === undefined || value === null || isEnvironment(key)) continue;
    const part = Object.hasOwn(ATTRIBUTES, key) ? (ATTRIBUTES[key] as Translate)(value, app) : 'is not known here';
    if (typeof part === 'string') remark(`${key} ${part}`);
    else take(config, part);
  }
  if (app['autorestart'] === false) delete config.respawn;
  for (const key of ['stdout', 'stderr'] as const)
    if (typeof config[key] === 'string') config[key] = resolve(workingDirectory, config[key]);
  takeEnvironment(config, app, environment, remark);
  return config;
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

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : splitWords(text(value));
}

function variables(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as object).map(([key, each]) => [key, typeof each === 'object' ? JSON.stringify(each) : text(each)]),
  );
}
