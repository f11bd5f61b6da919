import { describe, expect, inject, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { commandsOf, STOPPED } from './at-boot.ts';
import { bootSystemd, type Machine } from './machine.ts';
import { mainPid, show } from './systemd.ts';

const ETCD = 'http://127.0.0.1:2379';
/** Tells that it leads, and ends in good order. */
const CRON = `
require('node:fs').appendFileSync('/srv/leaders', process.argv[2] + '\\n');
const timer = setInterval(() => {}, 1_000);
process.once('SIGTERM', () => clearInterval(timer));
`;
const LEASE = { key: 'shop/cron', engine: 'etcd', urlFrom: 'ETCD_URL', duration: 5_000 };
const NAMES = ['one', 'two'] as const;
type Name = (typeof NAMES)[number];

const { run, listed } = commandsOf(null);

async function bootWithEtcd(): Promise<Machine> {
  const m = await bootSystemd(sandbox());
  m.write('/etc/hosts', '127.0.0.1 localhost\n');
  await m.ok('systemctl start etcd');
  await until(async () => (await m.sh(`node -e "fetch('${ETCD}/health').then((answer) => process.exit(answer.ok ? 0 : 1))"`)).code === 0, {
    what: 'etcd',
    deadline: 30_000,
    interval: 50,
  });
  m.write('/srv/cron.cjs', CRON);
  m.write('/srv/etcd.env', `ETCD_URL=${ETCD}\n`, 0o600);
  const declared = NAMES.map((name) => [name, { script: 'cron.cjs', args: [name], envFile: 'etcd.env', lease: LEASE }]);
  m.write('/srv/daemonium.config.json', JSON.stringify({ daemons: Object.fromEntries(declared) }));
  return m;
}

/** What `systemctl status` shows as Status. */
const statusOf = async (m: Machine, name: string): Promise<string> =>
  (await show(m, `daemonium-${name}`, 'StatusText'))['StatusText'] ?? '';

/** Waits until `leader` says that it leads, and the other one that it stands by, and for which process. */
async function untilLeads(m: Machine, leader: Name): Promise<true> {
  const host = await m.ok('hostname');
  const standby = leader === 'one' ? 'two' : 'one';
  return until(
    async () => {
      const said = [await statusOf(m, leader), await statusOf(m, standby)];
      const expected = [
        /^leads since \S+, token \d+$/,
        new RegExp(`^standing by; ${host} leads \\(pid ${await mainPid(m, `daemonium-${leader}`)}\\)$`),
      ];
      if (expected.some((pattern, index) => !pattern.test(said[index] ?? ''))) throw new Error(JSON.stringify(said));
      return true;
    },
    { what: `${leader} to lead`, deadline: 30_000, interval: 50 },
  );
}

describe.skipIf(inject('noSystemd'))('daemonium install of daemons with a lease, under systemd 252', () => {
  test('the units verify, and are ready as leader or standby; their status says which, after a stop, a step-down and a kill, too', {
    timeout: 120_000,
  }, async () => {
    const m = await bootWithEtcd();
    for (const name of NAMES) {
      await m.ok(`cd /srv && node /checkout/packages/cli/dist/main.js start ${name}`);
      await run(m, `install ${name}`);
      await run(m, `stop ${name}`);
    }
    expect(await m.ok('systemd-analyze verify daemonium-one.service daemonium-two.service 2>&1')).toBe('');
    expect(await m.ok('cat /etc/systemd/system/daemonium-*.service')).not.toContain(ETCD);

    await m.ok('rm /srv/leaders; systemctl start daemonium-one');
    // READY does not wait for the lease, which another daemon has.
    await m.ok('systemctl start daemonium-two');
    await untilLeads(m, 'one');
    expect(m.read('/srv/leaders')).toBe('one\n');
    expect(await listed(m, 'one')).toEqual({ state: 'running', pid: await mainPid(m, 'daemonium-one'), boot: 'systemd' });
    expect(await listed(m, 'two')).toEqual({ state: 'standby', pid: await mainPid(m, 'daemonium-two'), boot: 'systemd' });

    // The leader leaves, and systemd starts it again.
    await run(m, 'step-down one');
    await untilLeads(m, 'two');
    expect(await show(m, 'daemonium-one', 'NRestarts', 'ActiveState')).toEqual({ NRestarts: '1', ActiveState: 'active' });
    await m.ok('systemctl stop daemonium-two');
    await until(() => m.read('/srv/leaders') === 'one\ntwo\none\n', { what: 'one to lead again', deadline: 30_000, interval: 50 });
    await m.ok('systemctl start daemonium-two');
    await untilLeads(m, 'one');

    // The next process of the same daemon ends the reign: either of them may be the first to take it.
    await m.ok(`kill -9 ${await mainPid(m, 'daemonium-one')}`);
    await until(async () => m.read('/srv/leaders').split('\n').length > 4, { what: 'the next leader', deadline: 30_000, interval: 50 });
    await untilLeads(m, m.read('/srv/leaders').trim().split('\n').at(-1) === 'one' ? 'one' : 'two');
    expect(await show(m, 'daemonium-one', 'NRestarts')).toEqual({ NRestarts: '2' });

    for (const name of NAMES) {
      await run(m, `uninstall ${name}`);
      expect(await listed(m, name)).toEqual(STOPPED);
    }
    expect(m.nodes()).toEqual([]);
  });
});
