import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../../helpers/launch.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import { type Shell, withShell } from './subject.ts';

export const script = fileURLToPath(new URL('../../../packages/daemon/src/launcher/respawn.sh', import.meta.url));

export interface Drive {
  /** What the shell runs: commands of a shell, with the number of the descriptor for a healthy run as $1. */
  readonly run: string;
  readonly on?: 'failure' | 'always';
  readonly never?: string;
  readonly limit?: string;
  /** In seconds. */
  readonly delays?: string;
  readonly shell?: Shell | null;
  readonly prelude?: string;
  /** It is a successor's: the pid file names another shell. */
  readonly late?: boolean;
  /** A command in front of the shell. */
  readonly wrap?: readonly string[];
}

export interface Driven {
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The launcher's word. */
  stay(): void;
  /** The pids of the runs so far. */
  runs(): number[];
  /** The shell's line. */
  state(): { readonly restarts: number; readonly status: number; readonly delay: number | null };
  /** What the shell and its runs have written. */
  log(): string;
}

/** respawn.sh without a daemon: a launcher's part, played by the test. */
export function drive(
  box: Sandbox,
  { run, on = 'failure', never = '', limit = '', delays = '0.01', shell = null, prelude = '', wrap = [], late = false }: Drive,
): Driven {
  const paths = {
    pid: box.path('driven.pid'),
    state: box.path('driven.state'),
    log: box.path('driven.log'),
    runs: box.path('driven.runs'),
  };
  // For a shell that runs as another user, too.
  chmodSync(box.directory, 0o777);
  for (const path of [paths.pid, paths.state, paths.runs, paths.log, box.path('healthy')]) {
    writeFileSync(path, '');
    chmodSync(path, 0o666);
  }
  const open = [paths.log, paths.pid, paths.state, box.path('healthy')].map((path) => openSync(path, 'a+')) as [
    number,
    number,
    number,
    number,
  ];
  const [log, lock, state, healthy] = open;
  const redirections = ['4<&- 8<&-', '8<&-', '</dev/null'];
  const settings = ['nonsense', '4', '5', paths.pid, '8', paths.state, '', '7', on, never, limit, delays, 'nocore', late ? 'late' : ''];
  const command = ['/bin/sh', script, ...redirections, ...settings, '/bin/sh', '-c', `echo $$ >>"${paths.runs}"; ${run}`, 'run', '7'];
  const [file = '', ...args] = withShell(shell, [...wrap, ...command], prelude);
  const child = spawn(file, args, {
    detached: true,
    env: { ...cleanEnvironment(), ...box.tokenEnv },
    stdio: ['ignore', log, log, 'ignore', 'pipe', lock, 'ignore', healthy, state],
  });
  for (const fd of open) closeSync(fd);
  const link = child.stdio[4] as Duplex;
  link.on('error', () => {}).resume();
  return {
    child,
    ended: new Promise((resolve) => void child.once('exit', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)))),
    stay: () => void link.end('\n'),
    runs: () => readFileSync(paths.runs, 'utf8').split('\n').filter(Boolean).map(Number),
    state: () => JSON.parse((existsSync(paths.state) ? readFileSync(paths.state, 'utf8') : '').slice('respawn '.length)),
    log: () => readFileSync(paths.log, 'utf8'),
  };
}
