import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { SERVICE } from './systemd.ts';

const OWN = '/run/service/service.pid';
const withPidFile = (pidFile: string): string => `OPTIONS='${JSON.stringify({ pidFile })}'`;

/** A script in a mount namespace of its own, which `change` has changed before. */
const changed = (change: string, script: string): string => `unshare -m bash -ec '${change}; ${script.replaceAll("'", `'\\''`)}'`;

/** Start, status, stop, one after the other; what they print, without the numbers. */
const CYCLE = ['start', 'status', 'start', 'stop', 'status'].map((verb) => `node ${SERVICE} ${verb}`).join('; ');
const cycled = async (m: Machine, script: string): Promise<string> => {
  const { stdout, stderr } = await m.sh(script);
  return (stdout + stderr).replaceAll(/pid \d+(, since \S+)?/g, 'pid N');
};
const IN_ORDER =
  'service started, pid N\nservice is running, pid N\nservice is already running, pid N\nservice stopped, pid N\nservice is not running\n';

const nothingRuns = async (m: Machine): Promise<void> => {
  await until(() => m.nodes().length === 0, { what: 'the end of all of them' });
};

describe.skipIf(inject('noMachine'))('over file systems of all kinds', () => {
  test('a root that is read-only: only a pid file there is refused, and named', async () => {
    const m = await boot(sandbox());
    await m.ok('mkdir /run/service');
    const readOnly = 'mount -o remount,bind,ro /';
    expect(await cycled(m, changed(readOnly, CYCLE))).toBe(IN_ORDER);
    const refused = await m.sh(changed(readOnly, `${withPidFile('/srv/service.pid')} node ${SERVICE} start`));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\/srv\/service\.pid.*EROFS/s) });
    await nothingRuns(m);
  });

  test.each([
    ['full', 'size=64k', 'cat /dev/zero > /run/service/fill 2>/dev/null || true'],
    ['without a free inode', 'nr_inodes=2', ': > /run/service/fill'],
  ])('a file system that is %s: the start fails with its reason, and leaves neither daemon nor file nor lock', async (_, size, fill) => {
    const m = await boot(sandbox());
    await m.ok(`mkdir /run/service; mount -t tmpfs -o ${size} full /run/service; ${fill}`);
    const refused = await m.sh(`node ${SERVICE} start`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOSPC') });
    await nothingRuns(m);
    expect(await m.ok('ls /run/service')).toBe('fill');
    await m.ok('rm /run/service/fill');
    expect(await cycled(m, CYCLE)).toBe(IN_ORDER);
  });

  test('noexec where /bin/sh is: the daemon is detached directly', async () => {
    const m = await boot(sandbox());
    await m.ok('mkdir /run/service /tmp/noexec; cp --remove-destination /bin/dash /tmp/noexec/sh');
    const noexec =
      'mount --bind /tmp/noexec /tmp/noexec; mount -o remount,bind,noexec /tmp/noexec; mount --bind /tmp/noexec/sh $(readlink -f /bin/sh)';
    const { stdout } = await m.sh(changed(noexec, `node ${SERVICE} start`));
    expect(stdout).toMatch(/^service started, pid \d+$/m);
    const pid = await m.readPid(OWN);
    expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init, tty: 0 });
    expect(observe(m.pidHere(pid)).sid).toBe(observe(m.pidHere(pid)).pid);
    expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
  });

  test.each([1, 2])('hidepid=%d: a user finds and stops the own daemon, and none of others', async (hidepid) => {
    const m = await boot(sandbox());
    await m.ok('useradd ann; useradd bob; install -d -o ann /run/service');
    await m.ok(`mount -o remount,hidepid=${hidepid} /proc`);
    expect(await cycled(m, `runuser -u ann -- bash -c '${CYCLE}'`)).toBe(IN_ORDER);
    await m.ok(`runuser -u ann -- node ${SERVICE} start`);
    const pid = await m.readPid(OWN);
    const byBob = async (verb: string) => m.sh(`runuser -u bob -- node ${SERVICE} ${verb}`);
    expect(await byBob('status')).toMatchObject({ code: 4 });
    for (const verb of ['stop', 'reload', 'start']) expect((await byBob(verb)).code, verb).not.toBe(0);
    expect(await m.ok(`runuser -u ann -- node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
  });

  test('without /proc: a start works; a process that cannot be proved is not signalled', async () => {
    const m = await boot(sandbox());
    await m.ok('mkdir /run/service');
    const none = 'umount -l /proc';
    expect((await m.sh(changed(none, `node ${SERVICE} start`))).stdout).toMatch(/^service started, pid \d+$/m);
    const pid = await m.readPid(OWN);
    const blind = (verb: string) => m.sh(changed(none, `node ${SERVICE} ${verb}`));
    expect(await blind('status')).toMatchObject({ code: 4, stdout: expect.stringContaining('no process is proved to hold the lock') });
    expect(await blind('stop')).toMatchObject({ code: 1, stderr: expect.stringContaining(`nothing proves that it is process ${pid}`) });
    expect(await blind('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('AlreadyLockedError') });
    expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
  });

  test('overlayfs: a stale pid file of the layer below is adopted, and the lock is one', async () => {
    const m = await boot(sandbox());
    await m.ok(
      'cd /tmp; mkdir lower upper work merged /run/service; echo 4194303 > lower/service.pid; mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work o merged; mount --bind merged /run/service',
    );
    expect(await m.sh(`node ${SERVICE} status`)).toMatchObject({ code: 1, stdout: expect.stringContaining('is dead') });
    expect(await cycled(m, CYCLE)).toBe(IN_ORDER);
    // Two at once: one of them.
    const both = await cycled(m, `node ${SERVICE} start & node ${SERVICE} start; wait`);
    expect(both.match(/started/g)).toHaveLength(1);
    expect(m.nodes()).toEqual([m.pidHere(await m.readPid(OWN))]);
    await m.ok(`node ${SERVICE} stop`);
  });
});
