import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import type { Machine } from './machine.ts';
import { openPage } from './page.ts';
import { bootForAll, mainPid, processesOf, show, untilShown } from './systemd.ts';

const FETCH = `node -e "fetch('http://127.0.0.1:8080').then((answer) => answer.text()).then(console.log)"`;
const page = openPage('docs/systemd.md');

describe.skipIf(inject('noSystemd'))('docs/systemd.md, under systemd 252 as pid 1', () => {
  let m: Machine;

  bootForAll(async (machine) => {
    m = machine;
    await m.ok('useradd --system service');
    page.install(m, '// service.mjs', { path: '/srv/service/service.mjs' });
  });

  test('Type=notify: starts, reloads, refuses a second one, is known to root and to its user, and ends in good order', async () => {
    page.install(m, '/etc/systemd/system/service.service', { heading: 'Type=notify' });
    expect(await m.ok('systemd-analyze verify service.service 2>&1')).toBe('');
    await m.ok('systemctl enable --now service');
    expect(await m.ok(FETCH)).toBe('hello');
    const pid = await mainPid(m, 'service');
    const uid = Number(await m.ok('id -u service'));
    expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init, uids: Array(4).fill(uid), comm: 'service', umask: '0077' });
    expect(m.read('/run/service/service.pid')).toBe(`${pid}\n`);

    await m.ok('systemctl reload service');
    // What the service says of its reload comes when systemctl has ended.
    await untilShown(m, 'service', 'ActiveState', 'active');
    expect(await mainPid(m, 'service')).toBe(pid);

    const asUser = (verb: string) => m.sh(`runuser -u service -- node /srv/service/service.mjs ${verb}`);
    expect(await asUser('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`service is running, pid ${pid}, since`) });
    expect(await asUser('start')).toMatchObject({ code: 0, stdout: `service is already running, pid ${pid}\n` });
    // The file is the user's: root believes nothing in it, and sends no signal for its sake.
    const asRoot = (verb: string) => m.sh(`node /srv/service/service.mjs ${verb}`);
    for (const verb of ['status', 'start', 'stop', 'reload', 'restart', 'upgrade']) {
      const { code, stdout, stderr } = await asRoot(verb);
      expect(`${code}: ${stdout}${stderr}`, verb).toMatch(
        new RegExp(`^4: .*runs as uid ${uid} \\(its own file says pid ${pid}\\); run this as user service, or use systemctl`, 's'),
      );
      expect(stdout + stderr, verb).not.toMatch(/remove/);
    }
    expect(await mainPid(m, 'service')).toBe(pid);

    await m.ok('systemctl stop service');
    expect(await show(m, 'service', 'ActiveState', 'Result', 'ExecMainCode', 'ExecMainStatus')).toEqual({
      ActiveState: 'inactive',
      Result: 'success',
      ExecMainCode: '1',
      ExecMainStatus: '0',
    });
    expect(await processesOf(m, 'service')).toBe('');
  });

  test('hardened: it works as before, with no capability left, and under the filter of system calls', async () => {
    page.install(m, '/etc/systemd/system/service.service', { heading: 'Type=notify' });
    page.install(m, '/hardening.conf');
    await m.ok('systemctl daemon-reload; systemctl start service');
    expect(await m.ok(FETCH)).toBe('hello');
    const pid = await mainPid(m, 'service');
    expect(observe(m.pidHere(pid)).capabilities).toMatchObject({ permitted: 0n, effective: 0n });
    // 2: a filter.
    expect(m.read(`/proc/${pid}/status`)).toMatch(/^NoNewPrivs:\t1\nSeccomp:\t2$/m);
    await m.ok('systemctl reload service; systemctl stop service; rm -r /etc/systemd/system/service.service.d');
    expect(await show(m, 'service', 'Result', 'ExecMainStatus')).toEqual({ Result: 'success', ExecMainStatus: '0' });
  });

  test('Type=forking: starts, reloads, stops by its own verbs, and tells why it does not start', async () => {
    page.install(m, '/etc/systemd/system/service.service', { heading: 'Type=forking' });
    m.write(
      '/srv/service/service.mjs',
      m.read('/srv/service/service.mjs').replace('waitForReady: true', 'waitForReady: true, detach: true'),
    );
    await m.ok('systemctl daemon-reload; systemctl start service');
    expect(await m.ok(FETCH)).toBe('hello');
    const pid = await m.readPid('/run/service/service.pid');
    expect(await show(m, 'service', 'ActiveState', 'MainPID')).toEqual({ ActiveState: 'active', MainPID: String(pid) });
    await m.ok('systemctl reload service');
    expect(await m.ok('node /srv/service/service.mjs status')).toContain(`pid ${pid}`);
    await m.ok('systemctl stop service');
    expect(await show(m, 'service', 'ActiveState', 'Result')).toEqual({ ActiveState: 'inactive', Result: 'success' });
    expect(await m.ok('journalctl --sync; journalctl -u service -o cat')).toContain(`service stopped, pid ${pid}\n`);

    const other = m.spawn(`exec node -e "require('net').createServer().listen(8080, () => console.log('taken'))"`);
    await until(() => other.stdout === 'taken\n', { what: 'another server on the port' });
    expect(await m.sh('systemctl start service')).toMatchObject({ code: 1 });
    // Or it would be started again, and again.
    await m.ok('systemctl stop service');
    await m.ok(`pkill -f 'listen\\(8080'`);
    await other.finished;
    expect(await m.ok('journalctl --sync; journalctl -u service -o cat')).toContain('EADDRINUSE');
    expect(await processesOf(m, 'service')).toBe('');
  });

  test('Type=notify with a socket: a connection starts it, and none is lost while it restarts', async () => {
    page.install(m, '// service.mjs', { path: '/srv/service/service.mjs' });
    page.install(m, '/etc/systemd/system/service.service', { heading: 'Type=notify' });
    page.install(m, '/etc/systemd/system/service.socket');
    await m.ok('systemctl daemon-reload; systemctl start service.socket');
    expect(await show(m, 'service', 'ActiveState')).toEqual({ ActiveState: 'inactive' });
    expect(await m.ok(FETCH)).toBe('hello');
    const before = await mainPid(m, 'service');
    const [answer] = await Promise.all([m.ok(`for n in 1 2 3; do ${FETCH}; done | grep .`), m.ok('systemctl restart service')]);
    expect(answer).toBe('hello\nhello\nhello');
    expect(await mainPid(m, 'service')).not.toBe(before);
    await m.ok('systemctl stop service.socket service.service');
    expect(await show(m, 'service', 'Result')).toEqual({ Result: 'success' });
  });

  test('each block of the page was one of these tests', () => {
    expect(page.untried()).toEqual([]);
  });
});
