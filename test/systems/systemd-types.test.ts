import { describe, expect, inject, test } from 'vitest';
import { observe, statOf } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import type { Machine } from './machine.ts';
import { bootForAll, journal, mainPid, printed, processesOf, SERVICE, show, untilShown, writeUnit } from './systemd.ts';

describe.skipIf(inject('noSystemd'))('each Type= of a unit', () => {
  let m: Machine;

  bootForAll(async (machine) => {
    m = machine;
    await m.ok('useradd --system service');
  });

  const stopped = async (): Promise<void> => {
    await m.ok('systemctl stop service');
    expect(await show(m, 'service', 'ActiveState', 'Result', 'ExecMainStatus')).toEqual({
      ActiveState: 'inactive',
      Result: 'success',
      ExecMainStatus: '0',
    });
    expect(await printed(m, 'service')).toMatch(/told to end\nended\n/);
    expect(await processesOf(m, 'service')).toBe('');
  };

  test.each(['simple', 'exec', 'notify'])('%s: it stays in the foreground, also by `start`', async (type) => {
    await writeUnit(m, 'service', { verb: 'start', service: [`Type=${type}`] });
    await m.ok('systemctl start service');
    const pid = await mainPid(m, 'service');
    await until(async () => (await journal(m, 'service')).includes('ready\n'), { what: 'ready' });
    expect(await journal(m, 'service')).toContain('run as 0:0 foreground sockets=[]\n');
    expect(statOf(m.pidHere(pid))).toMatchObject({ ppid: m.init });
    expect((await processesOf(m, 'service')).split('\n')).toEqual([String(pid)]);
    await stopped();
  });

  test.each(['NotifyAccess=main', 'NotifyAccess=all'])(
    'notify with `detach: true` and %s: the daemon is the main process, and ends in good order',
    async (access) => {
      await writeUnit(m, 'service', { verb: 'start', options: { detach: true, stdout: '/tmp/out' }, service: ['Type=notify', access] });
      await m.ok('systemctl start service');
      const pid = await m.readPid('/run/service/service.pid');
      expect(await show(m, 'service', 'MainPID', 'ActiveState', 'SubState')).toEqual({
        MainPID: String(pid),
        ActiveState: 'active',
        SubState: 'running',
      });
      expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init });
      await m.ok('systemctl stop service');
      expect(m.read('/tmp/out')).toBe('run as 0:0 daemon sockets=[]\nready\ntold to end\nended\n');
      expect(await show(m, 'service', 'ActiveState', 'Result', 'ExecMainStatus')).toEqual({
        ActiveState: 'inactive',
        Result: 'success',
        ExecMainStatus: '0',
      });
      await m.ok('rm /tmp/out');
    },
  );

  test('notify with `detach: true` and respawn: the shell is the main process, and a crash is its affair', async () => {
    const options = { detach: true, respawn: { delay: 50 }, stdout: '/tmp/out' };
    await writeUnit(m, 'service', { verb: 'start', options, service: ['Type=notify'] });
    await m.ok('systemctl start service');
    const shell = await m.readPid('/run/service/service.pid');
    expect(statOf(m.pidHere(shell)).comm).toBe('sh');
    const run = async () => Number(/is running, pid (\d+)/.exec((await m.sh(`node ${SERVICE} status`)).stdout)?.[1] ?? '0');
    const first = await run();
    expect(statOf(m.pidHere(first)).ppid).toBe(m.pidHere(shell));
    await m.ok(`kill -9 ${first}`);
    await until(() => m.read('/tmp/out').match(/^ready$/gm)?.length === 2, { what: 'the next run', interval: 50 });
    const second = await run();
    expect(second).toBeGreaterThan(1);
    expect(second).not.toBe(first);
    expect(await show(m, 'service', 'MainPID', 'ActiveState', 'NRestarts')).toEqual({
      MainPID: String(shell),
      ActiveState: 'active',
      NRestarts: '0',
    });
    // Not by systemd, to which the shell is no child of its own: it may send SIGKILL before the shell has ended, as the page says.
    await m.ok(`node ${SERVICE} stop`);
    expect(m.read('/tmp/out')).toMatch(/ready\ntold to end\nended\n$/);
    await untilShown(m, 'service', 'ActiveState', 'inactive');
    expect(await show(m, 'service', 'Result')).toEqual({ Result: 'success' });
    expect(await processesOf(m, 'service')).toBe('');
    await m.ok('rm /tmp/out');
  });

  test('forking: the daemon drops its rights itself, and root keeps the pid file that systemd believes', async () => {
    const options = { detach: true, user: 'service', stdout: '/tmp/out' };
    const service = ['Type=forking', 'PIDFile=/run/service/service.pid', `ExecStop=/usr/bin/node ${SERVICE} stop`];
    await writeUnit(m, 'service', { verb: 'start', options, service });
    await m.ok('systemctl start service');
    const pid = await m.readPid('/run/service/service.pid');
    const uid = Number(await m.ok('id -u service'));
    expect(await mainPid(m, 'service')).toBe(pid);
    expect(observe(m.pidHere(pid))).toMatchObject({
      ppid: m.init,
      uids: Array(4).fill(uid),
      groups: [Number(await m.ok('id -g service'))],
    });
    expect(await m.ok('stat -c %U /run/service/service.pid')).toBe('root');
    await m.ok('systemctl stop service');
    expect(m.read('/tmp/out')).toContain('told to end\nended\n');
    expect(await show(m, 'service', 'ActiveState', 'Result')).toEqual({ ActiveState: 'inactive', Result: 'success' });
    await m.ok('rm /tmp/out');
  });

  test('notify: systemd waits for ready(), and a failure before it is the failed start, with its reason in the journal', async () => {
    await writeUnit(m, 'service', { mode: 'not ready', service: ['Type=notify'] });
    expect(await m.sh('systemctl start service')).toMatchObject({ code: 1 });
    expect(await show(m, 'service', 'ActiveState', 'Result', 'ExecMainStatus')).toEqual({
      ActiveState: 'failed',
      Result: 'exit-code',
      ExecMainStatus: '1',
    });
    expect(await journal(m, 'service')).toContain('Error: the harbour is closed');
    expect(await m.sh('test -e /run/service/service.pid')).toMatchObject({ code: 1 });
  });

  test('a reload is over when the promise of reload() has settled, and no sooner', async () => {
    await writeUnit(m, 'service', { mode: 'slow reload', service: ['Type=notify', 'ExecReload=/bin/kill -HUP $MAINPID'] });
    await m.ok('systemctl start service');
    const pid = await mainPid(m, 'service');
    // It may wait for the end of the reload, which is yet to be allowed.
    await m.ok('systemctl --no-block reload service');
    await untilShown(m, 'service', 'ActiveState', 'reloading');
    expect(await journal(m, 'service')).not.toContain('reloaded\n');
    await m.ok('touch /run/service/go');
    await untilShown(m, 'service', 'ActiveState', 'active');
    expect(await printed(m, 'service')).toContain('reloading\nreloaded\n');
    expect(await mainPid(m, 'service')).toBe(pid);
    await stopped();
  });

  test('a signal of `systemctl kill` and a frozen service do no harm', async () => {
    await writeUnit(m, 'service', { service: ['Type=notify'] });
    await m.ok('systemctl start service; systemctl kill -s HUP service');
    await until(async () => (await journal(m, 'service')).includes('reloaded\n'), { what: 'the reload' });
    await m.ok('systemctl freeze service; systemctl thaw service; systemctl kill -s TERM service');
    await untilShown(m, 'service', 'ActiveState', 'inactive');
    expect(await show(m, 'service', 'Result', 'ExecMainStatus')).toEqual({ Result: 'success', ExecMainStatus: '0' });
  });
});
