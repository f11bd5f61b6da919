import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { bootSystemd, type Machine, rebootSystemd } from './machine.ts';
import { openPage } from './page.ts';
import { mainPid, show } from './systemd.ts';

const DAEMONIUM = 'node /checkout/packages/cli/dist/main.js';
const WEB = `
require('node:http')
  .createServer((_request, response) => response.end(process.env.ANSWER))
  .listen(8080);
`;
const FETCH = `node -e "fetch('http://127.0.0.1:8080').then((answer) => answer.text()).then(console.log)"`;

interface Listed {
  readonly state: string;
  readonly pid: number | null;
  readonly boot: string | null;
}

/** Root's daemons, or those of a user. */
const commandsOf = (user: string | null) => {
  const by = user === null ? '' : `runuser -u ${user} -- env HOME=/home/${user} XDG_RUNTIME_DIR=/run/user/$(id -u ${user}) `;
  return {
    run: (m: Machine, words: string) => m.ok(`${by}${DAEMONIUM} ${words}`),
    systemctl: (m: Machine, words: string) => m.ok(`${by}systemctl ${user === null ? '' : '--user '}${words}`),
    listed: async (m: Machine): Promise<Listed> => {
      const [one] = JSON.parse(await m.ok(`${by}${DAEMONIUM} list --json`)) as Listed[];
      if (one === undefined) throw new Error('Nothing is listed');
      return { state: one.state, pid: one.pid, boot: one.boot };
    },
  };
};

const runsAnew = (m: Machine, listed: (m: Machine) => Promise<Listed>, before: number | null = null): Promise<number> =>
  until(
    async () => {
      const { pid, state } = await listed(m);
      return state === 'running' && pid !== before && pid !== null && pid > 1 ? pid : undefined;
    },
    { what: 'the daemon, started anew', deadline: 30_000, interval: 100 },
  );

async function bootWithWeb(box: Sandbox): Promise<Machine> {
  const m = await bootSystemd(box);
  await m.ok('useradd -m -s /bin/bash ann');
  m.write('/srv/web.cjs', WEB);
  return m;
}

describe.skipIf(inject('noSystemd'))('daemonium install, over reboots of systemd 252', () => {
  test("root's: it is back after a reboot, with its sockets, its variables and its respawn; not after uninstall", {
    timeout: 180_000,
  }, async () => {
    const box = sandbox();
    let m = await bootWithWeb(box);
    const { run, listed } = commandsOf(null);
    await run(m, 'start /srv/web.cjs --name web --listen 8080 --respawn --ready listening --env ANSWER=one');
    const first = await listed(m);
    expect(await run(m, 'install web')).toContain('web is installed: systemd starts it at boot');
    // It goes on as it is, and is the system's from the next boot on.
    expect(await listed(m)).toEqual({ ...first, boot: 'systemd' });

    m = await rebootSystemd(box, m);
    const pid = await runsAnew(m, listed);
    expect(await mainPid(m, 'daemonium-web')).toBe(pid);
    expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init, umask: '0077', coreLimit: { soft: '0', hard: '0' } });
    expect(await show(m, 'daemonium-web.socket', 'ActiveState', 'SubState')).toEqual({ ActiveState: 'active', SubState: 'running' });
    expect(await m.ok(FETCH)).toBe('one');
    await m.ok(`kill -9 ${pid}`);
    // systemd listens meanwhile.
    expect(await m.ok(FETCH)).toBe('one');
    const second = await runsAnew(m, listed, pid);
    expect(await show(m, 'daemonium-web', 'NRestarts', 'MainPID')).toEqual({ NRestarts: '1', MainPID: String(second) });

    await run(m, 'uninstall web');
    expect(await listed(m)).toMatchObject({ pid: null, boot: null });
    m = await rebootSystemd(box, m);
    expect(await listed(m)).toMatchObject({ pid: null, boot: null });
    expect(await m.ok('systemctl list-unit-files --no-legend "daemonium-*"; ls /etc/systemd/system/*/ | grep daemonium || true')).toBe('');
  });

  test("a user's: it is back after a reboot, before any login", { timeout: 120_000 }, async () => {
    const box = sandbox();
    let m = await bootWithWeb(box);
    const uid = Number(await m.ok('id -u ann'));
    const { run, systemctl, listed } = commandsOf('ann');
    const atLogin = 'test -S /run/user/$(id -u ann)/systemd/private';
    // ann's systemd, as after a login.
    await m.ok(`systemctl start user@${uid}.service`);
    await until(async () => (await m.sh(atLogin)).code === 0, { what: "ann's systemd", interval: 50 });
    await run(m, 'start /srv/web.cjs --name web --ready listening --env ANSWER=two');
    expect(await run(m, 'install web')).toContain('web is installed: systemd starts it at boot');
    expect(await listed(m)).toMatchObject({ state: 'running', boot: 'systemd' });

    m = await rebootSystemd(box, m);
    const pid = await runsAnew(m, listed);
    expect(observe(m.pidHere(pid))).toMatchObject({ uids: Array(4).fill(uid), umask: '0077' });
    expect(await systemctl(m, 'show -p MainPID -p ActiveState daemonium-web')).toBe(`MainPID=${pid}\nActiveState=active`);
    expect(await m.ok(FETCH)).toBe('two');
    await run(m, 'uninstall web');
    expect(await listed(m)).toMatchObject({ pid: null, boot: null });
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
    const listed = JSON.parse(await m.ok('daemonium list --json')) as (Listed & { readonly name: string })[];
    expect(listed.find(({ name }) => name === 'web')).toMatchObject({ pid: null, boot: null });
  });
});
