import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root as checkout } from '../docs/markdown.ts';
import type { Finished, Launched, LaunchOptions } from '../helpers/launch.ts';
import { allPids, childrenOf, isRunning } from '../helpers/observe.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { cgroups, tree } from './available.ts';

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Keeps a machine up in which nothing else is to run, and reaps, as an init does. */
const IDLE = ['/usr/bin/tini', '--', 'sleep', 'infinity'];
const SYSTEMD = ['/lib/systemd/systemd', '--system', '--show-status=0', '--log-target=journal', '--log-level=info'];

/** A Debian with its own pid 1, in namespaces of its own. What is written there is gone with it. It ends with the sandbox. */
export interface Machine {
  /** Of pid 1, as this process sees it. */
  readonly init: number;
  /** What pid 1 itself prints. */
  readonly console: Launched;
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  /** Runs a script of bash there, whatever /bin/sh is, as root with a login's environment, to its end. */
  sh(script: string, options?: LaunchOptions): Promise<Finished>;
  /** The same, and anything but 0 is an error. Gives what it printed, without the last newline. */
  ok(script: string, options?: LaunchOptions): Promise<string>;
  /** The same without waiting for the end. */
  spawn(script: string, options?: LaunchOptions): Launched;
  /** The number by which this process knows a process of the machine. */
  pidHere(there: number): number;
  /** What still runs Node.js there, by the numbers of this process: a daemon's command line says nothing, as it is its title. */
  nodes(): number[];
  /** The pid in a pid file there, once there is one; as the machine counts. */
  readPid(path: string): Promise<number>;
}

/** @param init the command that becomes pid 1 */
export async function boot(box: Sandbox, init: readonly string[] = IDLE, { cgroup = '' } = {}): Promise<Machine> {
  const console = box.spawn('', {
    executable: BOOT,
    args: [tree, checkout, process.execPath, cgroup, ...init],
    deadline: 600_000,
  });
  let ended = false;
  void console.finished.then(
    () => (ended = true),
    () => (ended = true),
  );
  const pid = await until(() => (ended ? -1 : booted(console.pid)), { what: 'pid 1 of the machine' });
  if (pid === -1) throw new Error(`The machine did not boot:\n${console.stdout}${console.stderr}`);
  return machine(box, pid, console);
}

/**
 * Ends the machine by reboot(2), and waits until its pid 1 is there again with the same root. What is in memory, /run and /tmp included, is gone.
 * @param command tells pid 1 to reboot
 */
export async function reboot(box: Sandbox, { init, console, sh }: Machine, command: string): Promise<Machine> {
  // The connection to pid 1 may be cut before the answer.
  await sh(command);
  const pid = await until(
    () => {
      const now = booted(console.pid);
      return now === init ? undefined : now;
    },
    { what: 'pid 1 of the rebooted machine', deadline: 60_000 },
  );
  return machine(box, pid, console);
}

/** The same, and waits until systemd has started what it starts at boot. */
export async function rebootSystemd(box: Sandbox, m: Machine): Promise<Machine> {
  const again = await reboot(box, m, 'systemctl reboot');
  await hasBooted(again);
  return again;
}

/** Waits until systemd has started what it starts at boot. */
export async function bootSystemd(box: Sandbox): Promise<Machine> {
  const cgroup = join(cgroups, `daemonium-${box.token}`);
  const booted = await boot(box, SYSTEMD, { cgroup });
  await hasBooted(booted);
  return booted;
}

async function hasBooted(m: Machine): Promise<void> {
  const ask = async () =>
    /^(running|degraded)$/m.exec((await m.sh('systemctl is-system-running --wait', { deadline: 20_000 })).stdout)?.[0];
  const state = await until(ask, { what: 'the end of the boot', deadline: 60_000, interval: 50 });
  if (state !== 'running') throw new Error(`systemd is ${state}: ${await m.ok('systemctl --failed')}`);
}

/** Once boot.sh has become the init that was asked for, in its own root. */
function booted(outer: number): number | undefined {
  const [unshare] = childrenOf(outer);
  const [child] = unshare === undefined ? [] : childrenOf(unshare);
  if (child === undefined || readlinkSync(`/proc/${child}/exe`) === readlinkSync('/bin/sh')) return undefined;
  return readFileSync(`/proc/${child}/environ`, 'utf8').split('\0').includes('container=unshare') ? child : undefined;
}

function machine(box: Sandbox, init: number, console: Launched): Machine {
  const enter = ['-t', String(init), '-m', '-p', '-u', '-i', '-n', '-C', '-r', '-w'];
  /**
   * Files are read and written by a process of the machine: from outside, by /proc/PID/root, a link to `/etc` would lead to our own.
   * @throws what the shell says of it
   */
  const inside = (script: string, argument: string, input = ''): string => {
    const { status, stdout, stderr } = spawnSync('nsenter', [...enter, 'bash', '-c', script, 'bash', argument], {
      encoding: 'utf8',
      input,
    });
    if (status !== 0) throw new Error(stderr.trim());
    return stdout;
  };
  const read = (path: string): string => inside('cat "$1"', path);
  const spawn = (script: string, options: LaunchOptions = {}): Launched =>
    box.spawn('', {
      cwd: '/',
      // Several programs one after the other, on a machine that boots others beside it.
      deadline: 60_000,
      ...options,
      executable: 'nsenter',
      args: [...enter, 'env', '-i', ...variables(options.env), 'bash', '-c', script],
    });
  const sh = (script: string, options?: LaunchOptions): Promise<Finished> => spawn(script, options).finished;
  return {
    init,
    console,
    spawn,
    sh,
    ok: async (script, options) => {
      const { code, stdout, stderr } = await sh(script, options);
      if (code !== 0) throw new Error(`${script}: exit ${code}\n${stdout}${stderr}`);
      return stdout.trimEnd();
    },
    write: (path, text, mode = 0o644) => {
      inside(`mkdir -p "$(dirname "$1")" && cat > "$1" && chmod ${mode.toString(8)} "$1"`, path, text);
    },
    read,
    pidHere: (there) => {
      const here = allPids().find((pid) => pidThere(init, pid) === there);
      if (here === undefined) throw new Error(`The machine has no process ${there}`);
      return here;
    },
    nodes: () => allPids().filter((pid) => pidThere(init, pid) !== undefined && runsNode(pid)),
    readPid: (path) =>
      until(
        () => {
          const [, pid = '0'] = /^([1-9]\d*)\n?$/.exec(read(path)) ?? [];
          return Number(pid) > 1 ? Number(pid) : undefined;
        },
        { what: `a pid in ${path}`, interval: 20 },
      ),
  };
}

function variables(env: LaunchOptions['env'] = {}): string[] {
  return Object.entries({ PATH, HOME: '/root', LANG: 'C.UTF-8', ...env }).map(([name, value]) => `${name}=${value}`);
}

function runsNode(pid: number): boolean {
  try {
    return isRunning(pid) && readlinkSync(`/proc/${pid}/exe`).endsWith('/node');
  } catch {
    return false;
  }
}

/** What the namespace of `init` calls a process of ours, if it is in there. */
function pidThere(init: number, pid: number): number | undefined {
  try {
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync(`/proc/${init}/ns/pid`)) return undefined;
    return Number(/^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
