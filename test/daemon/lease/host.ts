import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect } from 'vitest';
import type { DaemonOrder } from '../../fixtures/lease-daemon.ts';
import type { Finished, Launched, LaunchOptions } from '../../helpers/launch.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, type Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

export type { DaemonOrder };

/** A host of the cluster: a directory of its own, with a pid file and a name. */
export interface Host {
  readonly name: string;
  readonly directory: string;
  /** The launcher, to its end. */
  start(options?: LaunchOptions): Promise<Finished>;
  /** The daemon in the foreground. */
  spawn(options?: LaunchOptions): Launched;
  /** The same as systemd starts it: SYSTEMD_EXEC_PID is its own. */
  supervised(): Launched;
  /** The daemon in the foreground, once it has told `sign`. */
  foreground(sign?: string | RegExp, options?: LaunchOptions): Promise<Launched>;
  /** `control()` with these words. */
  verb(...words: string[]): Promise<Finished>;
  pid(): number;
  events(): string[];
  text(file: string): string;
  /** An event that begins so, once it is there. */
  told(what: string): Promise<string>;
  ended(pid: number): Promise<void>;
  with(more: Partial<DaemonOrder>): Host;
}

/** A reign that ends by itself within no test: a host that gets it was given it. */
export const LONG = { duration: 120_000, renewEvery: 300 } as const;

let keys = 0;
/** A key of one's own. */
export const newKey = (): string => `test/daemon/${process.pid}/${++keys}`;

export function host(box: Sandbox, name: string, order: DaemonOrder, env: Record<string, string> = {}): Host {
  const directory = box.path(name);
  mkdirSync(directory, { recursive: true });
  const args = (own: DaemonOrder) => [directory, JSON.stringify({ ...own, times: { holder: name, ...LONG, ...own.times } })];
  const text = (file: string) => (existsSync(`${directory}/${file}`) ? readFileSync(`${directory}/${file}`, 'utf8') : '');
  const events = () => text('events').split('\n').slice(0, -1);
  const detached = { ...order, options: { detach: true, ...order.options } };
  const spawn = (options: LaunchOptions = {}) => {
    const own = { ...order, options: { detach: false, ...order.options } };
    return box.spawn('lease-daemon', { args: args(own), deadline: 60_000, ...options, env: { ...env, ...options.env } });
  };
  return {
    name,
    directory,
    events,
    text,
    start: (options) => box.launch('lease-daemon', { args: args(detached), env, ...options }),
    spawn,
    supervised: () => {
      const script = 'SYSTEMD_EXEC_PID=$$ exec "$@"';
      const words = ['-c', script, 'sh', process.execPath, fixture('lease-daemon'), ...args(order)];
      return box.spawn('', { executable: '/bin/sh', args: words, env, deadline: 60_000 });
    },
    foreground: async (sign = 'run', options = {}) => {
      const launched = spawn(options);
      const isThere = () => events().some((event) => (typeof sign === 'string' ? event.startsWith(sign) : sign.test(event)));
      await until(isThere, { what: `${sign} of ${name}: ${launched.stderr}` });
      return launched;
    },
    verb: (...words) => box.launch('lease-daemon', { args: [...args(detached), ...words], env }),
    pid: () => Number(text('daemon.pid')),
    told: (what) => until(() => events().find((event) => event.startsWith(what)), { what: `'${what}' of ${name}; ${text('stderr')}` }),
    ended: async (pid) => {
      expect(pid).toBeGreaterThan(1);
      await until(() => !isRunning(pid), { what: `the end of ${pid}` });
      expect(existsSync(`${directory}/daemon.pid`)).toBe(false);
    },
    with: (more) => host(box, name, { ...order, ...more }, env),
  };
}

/** The daemon's pid, once `status` has proved it. */
export const provedPid = (host: Host): Promise<number> => until(async () => (await statusOf(host)).pid, { what: 'the pid by status' });

/** What `status --json` prints; a process for each look would be most of what these tests cost. */
export async function statusOf({
  directory,
}: Host): Promise<{ readonly pid: number | null; readonly lease: Record<string, unknown> | null }> {
  return JSON.parse(JSON.stringify(new Daemon({ pidFile: `${directory}/daemon.pid` }).status()));
}
