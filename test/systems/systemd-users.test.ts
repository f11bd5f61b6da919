import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import type { Machine } from './machine.ts';
import { openPage } from './page.ts';
import { bootForAll, mainPid, printed, SERVICE, show, writeUnit } from './systemd.ts';

/** What the page gives a careful unit, all of it at once. */
const HARDENED = openPage('docs/systemd.md')
  .take('/hardening.conf')
  .code.split('\n')
  .filter((line) => line.includes('='));

describe.skipIf(inject('noSystemd'))('users and rights of a service', () => {
  let m: Machine;

  bootForAll(async (machine) => {
    m = machine;
    await m.ok('useradd -m -s /bin/bash ann');
  });

  const stopped = async (): Promise<void> => {
    await m.ok('systemctl stop service');
    expect(await show(m, 'service', 'Result', 'ExecMainStatus')).toEqual({ Result: 'success', ExecMainStatus: '0' });
  };

  test('a service with DynamicUser= starts, writes its pid file and stops', async () => {
    await writeUnit(m, 'service', { service: ['Type=notify', 'DynamicUser=yes'] });
    await m.ok('systemctl start service');
    const pid = await mainPid(m, 'service');
    const [uid = 0] = observe(m.pidHere(pid)).uids;
    expect(uid).toBeGreaterThanOrEqual(61_184);
    expect(m.read('/run/service/service.pid')).toBe(`${pid}\n`);
    await stopped();
    expect(await printed(m, 'service')).toContain('told to end\nended\n');
  });

  test.each([
    ['in the foreground', 'foreground', ['Type=notify', 'DynamicUser=yes'], {}],
    ['detached', 'start', ['Type=forking', 'PIDFile=/run/service/service.pid', 'User=ann'], { detach: true }],
  ] as const)('hardened, %s', async (_, verb, service, options) => {
    await writeUnit(m, 'service', { verb, options, service: [...service, ...HARDENED] });
    await m.ok('systemctl start service');
    const { capabilities, uids } = observe(m.pidHere(await mainPid(m, 'service')));
    expect(capabilities.permitted).toBe(0n);
    expect(uids[0]).not.toBe(0);
    await stopped();
  });

  test.each([
    ['SystemCallFilter= without SystemCallErrorNumber=', ['SystemCallFilter=@system-service'], { ExecMainStatus: '31' }],
    ['MemoryDenyWriteExecute=', ['MemoryDenyWriteExecute=yes'], { ExecMainStatus: '5' }],
  ])('%s ends Node itself, as the page says', async (_, lines, expected) => {
    await writeUnit(m, 'service', { service: ['Type=notify', ...lines] });
    expect(await m.sh('systemctl start service')).toMatchObject({ code: 1 });
    // A signal: 2 is killed, 3 is dumped.
    expect(await show(m, 'service', 'ExecMainCode', 'ExecMainStatus')).toEqual({
      ExecMainCode: expect.stringMatching(/^[23]$/),
      ...expected,
    });
    expect(await printed(m, 'service')).not.toContain('run as');
  });

  test('systemd --user with linger: starts, reloads, and goes on without a login', async () => {
    await m.ok('loginctl enable-linger ann');
    const uid = await m.ok('id -u ann');
    const asAnn = (script: string) =>
      m.ok(`runuser -u ann -- env HOME=/home/ann XDG_RUNTIME_DIR=/run/user/${uid} sh -c '${script.replaceAll("'", `'\\''`)}'`);
    await until(() => m.sh(`test -S /run/user/${uid}/systemd/private`).then(({ code }) => code === 0), {
      what: "ann's systemd",
      interval: 50,
    });
    const unit = ['[Service]', 'Type=notify', `ExecStart=/usr/bin/node ${SERVICE} foreground`, 'ExecReload=/bin/kill -HUP $MAINPID'];
    const json = JSON.stringify({ pidFile: `/run/user/${uid}/service.pid` }).replaceAll('"', '\\"');
    m.write('/etc/systemd/user/service.service', `${unit.join('\n')}\nEnvironment="OPTIONS=${json}"\n[Install]\nWantedBy=default.target\n`);
    await asAnn('systemctl --user daemon-reload && systemctl --user start service && systemctl --user reload service');
    const pid = await m.readPid(`/run/user/${uid}/service.pid`);
    // What the service says of its reload comes when systemctl has ended.
    const isActive = async () =>
      (await asAnn('systemctl --user show -p MainPID -p ActiveState service')) === `MainPID=${pid}\nActiveState=active`;
    await until(isActive, { what: 'the end of the reload', interval: 50 });
    expect(observe(m.pidHere(pid)).uids).toEqual(Array(4).fill(Number(uid)));
    await asAnn('systemctl --user stop service');
    expect(await asAnn('systemctl --user show -p Result -p ExecMainStatus service')).toBe('Result=success\nExecMainStatus=0');
  });

  test('systemd-run: a service stays in the foreground, a scope is a shell like any other', async () => {
    const run = (words: string) => m.ok(`mkdir -p /run/service; systemd-run -q ${words} /usr/bin/node ${SERVICE} start`);
    await run('--unit=transient -p Type=notify -p RuntimeDirectory=service');
    const pid = await mainPid(m, 'transient');
    expect(await m.readPid('/run/service/service.pid')).toBe(pid);
    await m.ok('systemctl stop transient');

    expect(await run('--scope --unit=loose')).toMatch(/^service started, pid \d+$/m);
    const daemon = await m.readPid('/run/service/service.pid');
    expect(observe(m.pidHere(daemon))).toMatchObject({ ppid: m.init });
    expect(await show(m, 'loose.scope', 'ActiveState')).toEqual({ ActiveState: 'active' });
    expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${daemon}`);
  });

  test('systemd-socket-activate: it stays in the foreground, and has the socket', async () => {
    await m.ok('mkdir -p /run/service');
    const activator = m.spawn(`exec systemd-socket-activate -l 9090 --fdname=web /usr/bin/node ${SERVICE} start`);
    await until(() => activator.stderr.includes('Listening'), { what: 'the socket' });
    await m.ok(`node -e "require('net').connect(9090, '127.0.0.1', () => process.exit())"`);
    await until(() => activator.stdout.includes('ready'), { what: 'the service' });
    expect(activator.stdout).toContain('foreground sockets=[{"fd":3,"name":"web"}]');
    await m.ok(`node ${SERVICE} stop`);
    await activator.finished;
  });

  test('from a shell it detaches here, too, and an orphan of `setsid -f` is no service', async () => {
    await m.ok('mkdir -p /run/service');
    for (const how of ['', 'setsid -f ']) {
      const said = await m.ok(`echo "$(${how}node ${SERVICE} start)"`);
      const pid = await m.readPid('/run/service/service.pid');
      expect(said).toBe(`service started, pid ${pid}`);
      expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init });
      expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
    }
  });
});
