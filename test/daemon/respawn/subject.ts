import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Daemon, type DaemonOptions } from '@daemonium/daemon';
import { expect } from 'vitest';
import type { Finished, LaunchOptions } from '../../helpers/launch.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const { installShells, program } = (await import(new URL('../../shells/install.mjs', import.meta.url).href)) as {
  installShells(): void;
  program(name: string): string | null;
};
installShells();

const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** A shell to be /bin/sh for one launch and what it starts: bound over it, in a mount namespace of its own. */
export interface Shell {
  readonly name: string;
  readonly path: string | null;
  /** Why its tests are left out, or `false`. */
  readonly missing: string | false;
}

export const shells: readonly Shell[] = ['dash', 'busybox', 'bash'].map((name) => {
  const path = program(name);
  return {
    name,
    path,
    missing: path === null ? `needs ${name}: node test/shells/install.mjs` : !mayMount && 'needs root, and mount namespaces',
  };
});

export const shellcheck = program('shellcheck');

/** Runs a command with this shell as /bin/sh. `null`: with the system's. */
export function withShell(shell: Shell | null, command: readonly string[], prelude = ''): string[] {
  if (shell === null && prelude === '') return [...command];
  const bind = shell === null ? '' : `mount --bind "${shell.path}" /bin/sh;`;
  // The shell itself is bash, which stays open whatever is bound.
  return ['unshare', '-m', 'bash', '-c', `${bind} ${prelude} exec "$@"`, 'bash', ...command];
}

/** Between two runs, in ms: longer than any test that looks at it. */
export const PAUSE = 600_000;

export interface Started {
  readonly pid: number;
  readonly supervisor: number;
  readonly daemon: Daemon;
}

interface Surroundings extends LaunchOptions {
  readonly shell?: Shell | null;
  /** Commands of a shell, in the mount namespace. */
  readonly prelude?: string;
}

/** Runs the fixture's launcher to its end. */
export function launched(
  box: Sandbox,
  options: DaemonOptions = {},
  { shell = null, prelude = '', ...launch }: Surroundings = {},
): Promise<Finished> {
  const given = JSON.stringify({ respawn: true, ...options });
  const [executable = '', ...args] = withShell(shell, [process.execPath, fixture('respawn-daemon'), box.directory, given], prelude);
  return box.launch('', { executable, args, ...launch });
}

/** Starts the fixture and expects that to work. */
export async function started(box: Sandbox, options: DaemonOptions = {}, surroundings: Surroundings = {}): Promise<Started> {
  const finished = await launched(box, options, surroundings);
  expect({ stderr: finished.stderr, code: finished.code }).toEqual({ stderr: '', code: 0 });
  const { pid, status } = JSON.parse(finished.stdout) as { pid: number; status: { supervisor: number } };
  return { pid, supervisor: status.supervisor, daemon: new Daemon({ pidFile: box.path('daemon.pid') }) };
}

/** What the next runs do. */
export function behave(box: Sandbox, behaviour: string): void {
  writeFileSync(box.path('behaviour.new'), behaviour);
  renameSync(box.path('behaviour.new'), box.path('behaviour'));
}

/** The pids that have told so, in their order. */
export function pidsThatTold(box: Sandbox, what = 'run'): number[] {
  const lines = existsSync(box.path('runs')) ? readFileSync(box.path('runs'), 'utf8').split('\n') : [];
  return lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.split(' ')[1]));
}

export async function untilTold(box: Sandbox, count: number, what = 'run'): Promise<number> {
  await until(() => pidsThatTold(box, what).length >= count, { what: `'${what}' number ${count}` });
  return pidsThatTold(box, what)[count - 1] as number;
}

/** The shell writes how the run ended, and when the next one comes, a moment after the end: only then is `waiting` complete. */
export async function untilState(daemon: Daemon, state: 'running' | 'waiting' | 'stopped'): Promise<void> {
  const isReached = () => {
    const now = daemon.status();
    return now.state === state && (state !== 'waiting' || now.nextTry !== null);
  };
  await until(isReached, { what: `the state ${state}` });
}

/** No process, no pid file, no state file, and the lock is free. */
export async function expectNothingLeft(box: Sandbox): Promise<void> {
  await until(() => carriersOf(box.token).length === 0, { what: 'the end of all processes' });
  expect(['daemon.pid', 'daemon.state'].filter((name) => existsSync(box.path(name)))).toEqual([]);
}
