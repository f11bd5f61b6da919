import type { RespawnOptions } from '@daemonium/daemon';
import type { DaemonConfig } from '../config/define-config.ts';
import { splitWords } from '../words/split-words.ts';
import type { App } from './ecosystem.ts';

/** Options, or a remark. */
type Part = Partial<DaemonConfig> | string;
export type Translate = (value: unknown, app: App) => Part;

const text = (value: unknown) => String(value);
const nothing: Translate = () => ({});
/** pm2 also restarts programs that have ended with 0. */
export const respawn = (parts: RespawnOptions = {}): Part => ({ respawn: { on: 'always', ...parts } });
const no =
  (instead: string): Translate =>
  () =>
    `is not taken over: ${instead}`;
/** NaN would be written as null. */
const number =
  (part: (value: number, app: App) => Part): Translate =>
  (value, app) => {
    const given = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
    return Number.isFinite(given) && given >= 0 ? part(given, app) : expected('a number', value);
  };
const expected = (what: string, found: unknown): string => `is not taken over: expected ${what}, found ${JSON.stringify(found)}`;

/** Other names that pm2 has for some attributes. */
export const ALIASES: Readonly<Record<string, string>> = {
  exec: 'script',
  exec_interpreter: 'interpreter',
  interpreter_args: 'node_args',
  interpreterArgs: 'node_args',
  ...{ out: 'out_file', output: 'out_file', out_log: 'out_file' },
  ...{ err: 'error_file', error: 'error_file', err_file: 'error_file', err_log: 'error_file' },
  log: 'log_file',
  pid: 'pid_file',
  cron: 'cron_restart',
  combine_logs: 'merge_logs',
  user: 'uid',
};

/**
 * pm2's attributes. Each gives options of ours, or says why it does not.
 * @see https://pm2.keymetrics.io/docs/usage/application-declaration/
 */
export const ATTRIBUTES: Readonly<Record<string, Translate>> = {
  name: nothing,
  script: nothing,
  cwd: nothing,
  args: (value) => ({ args: words(value) }),
  node_args: (value) => ({ execArgv: words(value) }),
  interpreter: (value) => (value === 'node' ? {} : `is not taken over: programs are run by Node, and not by '${text(value)}'`),
  env: (value) => ({ env: variables(value) }),
  out_file: (value) => ({ stdout: text(value) }),
  error_file: (value) => ({ stderr: text(value) }),
  log_file: (value, { out_file: out = value, error_file: error = value }) =>
    typeof value === 'string' ? { stdout: text(out), stderr: text(error) } : {},
  disable_logs: (value) => (value === true ? { stdout: null, stderr: null } : {}),
  kill_timeout: number((stopTimeout) => ({ stopTimeout })),
  listen_timeout: number((startTimeout, { wait_ready }) => (wait_ready === true ? { startTimeout } : {})),
  wait_ready: (value) => (value === true ? { ready: 'message' } : {}),
  uid: (value) => ({ user: value as string }),
  gid: (value) => ({ group: value as string }),
  autorestart: nothing,
  autostart: (value) => (value === false ? 'is not taken over: a start of all starts it, too' : {}),
  instances: (value) => (Number(value) === 1 ? {} : 'is not done: one process is started; use node:cluster in the program'),
  exec_mode: (value) => (/^fork/.test(text(value)) ? {} : 'is not done: use node:cluster in the program'),
  watch: (value) => (value === false ? {} : 'is not done: use node --watch while you develop'),
  ...{ ignore_watch: nothing, watch_delay: nothing, watch_options: nothing },
  max_memory_restart: (value) => (value === 0 ? {} : respawn({ memory: value as number | string })),
  max_restarts: number((limit) => respawn({ limit })),
  min_uptime: (value) => {
    const healthyAfter = milliseconds(value);
    return Number.isNaN(healthyAfter) ? expected('a time such as 10s', value) : respawn({ healthyAfter });
  },
  restart_delay: number((delay) => (delay === 0 ? {} : respawn({ delay, factor: 1, maxDelay: delay }))),
  exp_backoff_restart_delay: number((delay) => (delay === 0 ? {} : respawn({ delay, factor: 1.5, maxDelay: Math.max(delay, 15_000) }))),
  stop_exit_codes: (value) => {
    const never = [value].flat().map(Number);
    return never.every(Number.isInteger) ? respawn({ never }) : expected('exit codes', value);
  },
  cron_restart: no('use cron, with: daemonium restart NAME'),
  pid_file: no('the pid file has its own place: daemonium describe NAME'),
  merge_logs: nothing,
  time: no('lines are written as they come; the program can write the time'),
  log_date_format: no('lines are written as they come; the program can write the time'),
  source_map_support: (value) => (value === false ? {} : { execArgv: ['--enable-source-maps'] }),
  namespace: no('there are no namespaces'),
  append_env_to_name: no('a name gets no suffix'),
  filter_env: no('the environment is that of the start'),
  post_update: no('there is no deployment'),
  ...{ vizion: nothing, pmx: nothing, automation: nothing, treekill: nothing, windowsHide: nothing, force: nothing },
  shutdown_with_message: no('a stop is SIGTERM'),
};

/** `10s`, `5m`, `1h`, or milliseconds. */
function milliseconds(value: unknown): number {
  const [, count = '', unit = ''] = /^(\d+)([hms]?)$/.exec(text(value)) ?? [];
  return Number(count === '' ? Number.NaN : count) * ({ h: 3_600_000, m: 60_000, s: 1_000 }[unit] ?? 1);
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : splitWords(text(value));
}

export function variables(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as object).map(([key, each]) => [key, typeof each === 'object' ? JSON.stringify(each) : text(each)]),
  );
}
