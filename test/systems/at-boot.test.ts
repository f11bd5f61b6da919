import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { answerOf, commandsOf, DAEMONIUM, FETCH, STOPPED, WEB } from './at-boot.ts';
import { bootSystemd, type Machine, rebootSystemd } from './machine.ts';
import { openPage } from './page.ts';
import { mainPid, show } from './systemd.ts';

async function bootWithWeb(box: Sandbox): Promise<Machine> {
  const m = await bootSystemd(box);
  await m.ok('useradd -m -s /bin/bash ann');
  m.write('/srv/web.cjs', WEB);
  return m;
}

/** A program that is its own command, and listens as root. */
const OWN = `
import { createServer } from 'node:http';
import { control, Daemon } from '/checkout/packages/daemon/dist/index.js';
const daemon = new Daemon({
  name: 'web', user: 'ann', pidFile: '/run/own.pid', listen: [8080], respawn: true,
  async target() {
    const server = createServer((_request, response) => response.end(String(process.getuid()))).listen(8080);
    this.shutdown.addEventListener('abort', () => server.close());
  },
});
await control(daemon, { register: true });
`;

describe.skipIf(inject('noSystemd'))('daemonium install, over reboots of systemd 252', () => {
  test("root's: it is back after a reboot, with its sockets, its variables and its respawn; not after uninstall", {
    timeout: 180_000,
  }, async () => {
    const box = sandbox();
    let m = await bootWithWeb(box);
    const { run, listed, runsAnew } = commandsOf(null);
    await run(m, 'start /srv/web.cjs --name web --listen 8080 --respawn --ready listening --env ANSWER=one');
    const first = await listed(m);
    expect(await run(m, 'install web')).toContain('web is installed: systemd starts it at boot');
    // It goes on as it is, and is the system's from the next boot on.
    expect(await listed(m)).toEqual({ ...first, boot: 'systemd' });

    m = await rebootSystemd(box, m);
    const pid = await runsAnew(m);
    expect(await mainPid(m, 'daemonium-web')).toBe(pid);
    expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init, umask: '0077', coreLimit: { soft: '0', hard: '0' } });
    expect(await show(m, 'daemonium-web.socket', 'ActiveState', 'SubState')).toEqual({ ActiveState: 'active', SubState: 'running' });
    expect(await m.ok(FETCH)).toBe('one');
    await m.ok(`kill -9 ${pid}`);
    // systemd listens meanwhile.
    expect(await m.ok(FETCH)).toBe('one');
    const second = await runsAnew(m, pid);
    expect(await show(m, 'daemonium-web', 'NRestarts', 'MainPID')).toEqual({ NRestarts: '1', MainPID: String(second) });

    await run(m, 'uninstall web');
    expect(await listed(m)).toEqual(STOPPED);
    m = await rebootSystemd(box, m);
    expect(await listed(m)).toEqual(STOPPED);
    expect(await m.ok('systemctl list-unit-files --no-legend "daemonium-*"; ls /etc/systemd/system/*/ | grep daemonium || true')).toBe('');
  });

  test('a program with register: true that gives up root: its sockets, its restart after a crash, and its end in good order', {
    timeout: 120_000,
  }, async () => {
    const m = await bootWithWeb(sandbox());
    const uid = await m.ok('id -u ann');
    const { run, runsAnew } = commandsOf(null);
    m.write('/srv/own.mjs', OWN);
    await m.ok('cd /srv && node own.mjs start');
    await run(m, 'install web');
    await m.ok('node /srv/own.mjs stop && systemctl start daemonium-web');
    const pid = await runsAnew(m);
    expect(observe(m.pidHere(pid)).uids).toEqual(Array(4).fill(Number(uid)));
    expect(await m.ok(FETCH)).toBe(uid);
    await m.ok(`kill -9 ${pid}`);
    expect(await m.ok(FETCH)).toBe(uid);
    await runsAnew(m, pid);
    await m.ok('systemctl stop daemonium-web.socket daemonium-web');
    expect(await show(m, 'daemonium-web', 'NRestarts', 'Result', 'ExecMainStatus')).toEqual({
      NRestarts: '1',
      Result: 'success',
      ExecMainStatus: '0',
    });
  });

  test("a user's: it is back after a reboot, before any login", { timeout: 120_000 }, async () => {
    const box = sandbox();
    let m = await bootWithWeb(box);
    const uid = Number(await m.ok('id -u ann'));
    const { run, systemctl, listed, runsAnew } = commandsOf('ann');
    const atLogin = 'test -S /run/user/$(id -u ann)/systemd/private';
    // ann's systemd, as after a login.
    await m.ok(`systemctl start user@${uid}.service`);
    await until(async () => (await m.sh(atLogin)).code === 0, { what: "ann's systemd", interval: 50 });
    await run(m, 'start /srv/web.cjs --name web --ready listening --env ANSWER=two');
    expect(await run(m, 'install web')).toContain('web is installed: systemd starts it at boot');
    expect(await listed(m)).toMatchObject({ state: 'running', boot: 'systemd' });

    m = await rebootSystemd(box, m);
    const pid = await runsAnew(m);
    expect(observe(m.pidHere(pid))).toMatchObject({ uids: Array(4).fill(uid), umask: '0077' });
    expect(await systemctl(m, 'show -p MainPID -p ActiveState daemonium-web')).toBe(`MainPID=${pid}\nActiveState=active`);
    expect(await answerOf(m)).toBe('two');
    await run(m, 'uninstall web');
    expect(await listed(m)).toEqual(STOPPED);
  });

  test('what the README and the page on it have a reader type, as it stands there', { timeout: 120_000 }, async () => {
    const box = sandbox();
    const readme = openPage('README.md');
    const page = openPage('docs/at-boot.md');
    let m = await bootSystemd(box);
    m.write('/usr/local/bin/daemonium', `#!/bin/sh\nexec ${DAEMONIUM} "$@"\n`, 0o755);
    readme.install(m, '// server.js', { path: '/srv/server.js' });
    const typed = readme.take('daemonium install server').code;
    expect(await m.ok(`cd /srv\n${typed}`)).toMatch(/^server +running .* systemd /m);
    expect(await m.ok(`cd /srv\nexport PORT=0\n${page.take('daemonium install web').code}`)).toMatch(/^web +running .* systemd /m);
    expect(page.untried()).toEqual([]);

    m = await rebootSystemd(box, m);
    await until(async () => (await m.sh(FETCH)).stdout === 'hello\n\n', {
      what: 'the answer of the server',
      deadline: 30_000,
      interval: 100,
    });
    // The page takes the second one back.
    expect(await commandsOf(null).listed(m, 'web')).toMatchObject({ pid: null, boot: null });
  });
});
