import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { compile, noCompiler } from '../../helpers/compile.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { hasBus, messageBus } from '../../helpers/message-bus.ts';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const asRoot = test.skipIf(notRoot);
const withCompiler = test.skipIf(notRoot !== false || noCompiler !== false);
const hasFlock = spawnSync('flock', ['--version'], { stdio: 'ignore' }).status === 0;

interface Told {
  readonly pid?: number;
  readonly error?: string;
  readonly spawned: readonly number[];
}

async function started(box: Sandbox, way: string, ...rest: string[]): Promise<Told> {
  const { stdout, stderr } = await box.launch('attack-start', { args: [box.path('root.pid'), way, ...rest] });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Told;
}

/** Root's stop() while another process holds the lock, too: the daemon is hit, and nobody else. */
async function stopHits(box: Sandbox, daemon: number, bystander: number): Promise<void> {
  const pidFile = box.path('root.pid');
  expect(readFileSync(pidFile, 'utf8')).toBe(`${daemon}\n`);
  const root = new Daemon({ pidFile });
  await expect(root.stop({ timeout: 300 })).rejects.toMatchObject({
    pid: daemon,
    message: expect.stringContaining(`process ${daemon} has ended: another process has the descriptor`),
  });
  expect([isRunning(daemon), isRunning(bystander)]).toEqual([false, true]);
  // The file still names the daemon that is gone, and the lock is held: that proves nobody.
  await expect(root.stop({ timeout: 300 })).rejects.toMatchObject({ code: 'ERR_HOLDER_UNPROVED' });
  expect(isRunning(bystander)).toBe(true);
}

withCompiler("SCM_RIGHTS into a process of root's: stop() ends the daemon, and the victim lives", async () => {
  const box = sandbox();
  const program = compile(box, 'descriptors');
  const socket = box.path('socket');
  const victim = box.spawn('', { executable: program, args: ['keep', socket] });
  await until(() => victim.stdout.includes('listening'), { what: `the victim; ${victim.stderr}` });
  chmodSync(socket, 0o777);
  const { pid = 0, error } = await started(box, 'send', program, 'name', socket, String(victim.pid));
  expect(error).toBeUndefined();
  await until(() => lockHolders(box.path('root.pid')).includes(victim.pid), { what: 'the victim to hold the lock' });
  await stopHits(box, pid, victim.pid);
});

test.skipIf(notRoot !== false || noCompiler !== false || !hasBus)('SCM_RIGHTS into a dbus-daemon as it is: the same', async () => {
  const box = sandbox();
  const program = compile(box, 'descriptors');
  const { bus, socket } = await messageBus(box);
  const { pid = 0, error } = await started(box, 'send', program, 'dbus', socket);
  expect(error).toBeUndefined();
  await until(() => lockHolders(box.path('root.pid')).includes(bus.pid), { what: 'the bus to hold the lock' });
  await stopHits(box, pid, bus.pid);
});

asRoot('a pid that is told later names nobody: neither the file, nor the launcher, nor a listener', async () => {
  const box = sandbox();
  const bystander = box.spawn('60', { executable: 'sleep' });
  const { pid = 0, spawned, error } = await started(box, 'pid-late', String(bystander.pid));
  expect(error).toBeUndefined();
  expect(pid).not.toBe(bystander.pid);
  expect([spawned, readFileSync(box.path('root.pid'), 'utf8')]).toEqual([[pid], `${pid}\n`]);
  expect(await new Daemon({ pidFile: box.path('root.pid') }).stop()).toMatchObject({ pid });
  expect(isRunning(bystander.pid)).toBe(true);
});

asRoot.each(['seal-early', 'seal-twice', 'seal-by-child'])(
  '%s: the pid file agrees with the kernel, or the start fails and nothing is left',
  async (way) => {
    const box = sandbox();
    const pidFile = box.path('root.pid');
    const { pid = 0, error } = await started(box, way);
    if (error === undefined) {
      expect([readFileSync(pidFile, 'utf8'), lockHolders(pidFile)]).toEqual([`${pid}\n`, [pid]]);
      expect(await new Daemon({ pidFile }).stop()).toMatchObject({ pid });
    } else {
      expect(error).toContain('could not be written');
      expect([carriersOf(box.token).filter(isRunning), existsSync(pidFile)]).toEqual([[], false]);
    }
  },
);

asRoot("a pid that is told first and is not the kernel's: the start fails, and nothing is left", async () => {
  const box = sandbox();
  const bystander = box.spawn('60', { executable: 'sleep' });
  const { error } = await started(box, 'pid-first', String(bystander.pid));
  expect(error).toContain(`The daemon says that it is process ${bystander.pid}, and the kernel says `);
  expect([carriersOf(box.token).filter(isRunning), existsSync(box.path('root.pid'))]).toEqual([[bystander.pid], false]);
});

test.skipIf(notRoot !== false || !hasFlock)(
  'a pid file that another user keeps locked shared: the start is refused, and its event loop turns',
  async () => {
    const box = sandbox();
    const pidFile = box.path('x.pid');
    writeFileSync(pidFile, '', { mode: 0o644 });
    const reader = box.spawn('', {
      executable: 'flock',
      args: ['--shared', pidFile, 'sh', '-c', 'echo locked; sleep 60'],
      uid: OTHER,
      gid: OTHER,
    });
    await until(() => reader.stdout.includes('locked'), { what: `the reader; ${reader.stderr}` });
    const { stdout, stderr } = await box.launch('start-locked-shared', { args: [pidFile] });
    expect(stderr).toBe('');
    const { code, turns } = JSON.parse(stdout) as { code: string; turns: number };
    expect(code).toBe('ERR_ALREADY_LOCKED');
    // It waits for about a second; blocked, it would not turn at all.
    expect(turns).toBeGreaterThan(0);
  },
);

test.skipIf(notRoot !== false || !hasFlock)(
  'a pid file that the owner of its directory has replaced: root signals no process that the new one names',
  async () => {
    const box = sandbox();
    const own = box.path('own');
    mkdirSync(own);
    const pidFile = `${own}/root.pid`;
    const { stdout } = await box.launch('attack-start', { args: [pidFile, 'none'] });
    const { pid = 0 } = JSON.parse(stdout) as Told;
    chownSync(own, OTHER, OTHER);
    renameSync(pidFile, `${own}/away`);
    writeFileSync(pidFile, '', { mode: 0o644 });
    // A process of root's that holds the lock of the new file, and that the file names: only its owner tells that it is none of root's.
    const bystander = box.spawn('', { executable: 'flock', args: [pidFile, 'sh', '-c', 'echo locked; sleep 60'] });
    await until(() => bystander.stdout.includes('locked'), { what: `the lock; ${bystander.stderr}` });
    writeFileSync(pidFile, `${bystander.pid}\n`);
    chownSync(pidFile, OTHER, OTHER);
    await expect(new Daemon({ pidFile }).stop({ timeout: 300 })).rejects.toMatchObject({ code: 'ERR_PID_FILE_INSECURE' });
    expect([isRunning(pid), isRunning(bystander.pid), readFileSync(pidFile, 'utf8')]).toEqual([true, true, `${bystander.pid}\n`]);
  },
);
