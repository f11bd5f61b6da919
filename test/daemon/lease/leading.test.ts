import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { startEtcd } from '../../servers/etcd.ts';
import { type Database, startPostgres } from '../../servers/postgres.ts';
import { host, newKey, statusOf } from './host.ts';

describe.skipIf(noServers)('with real servers', () => {
  let database: Database;
  const urls = { postgres: '', etcd: '' };
  beforeAll(async () => {
    const box = sandbox(() => {});
    const [postgres, members] = await Promise.all([startPostgres(box), startEtcd(box)]);
    database = postgres;
    urls.postgres = postgres.url;
    urls.etcd = members[0]!.url;
    return () => box[Symbol.asyncDispose]();
  });

  describe.each(['postgres', 'etcd'] as const)('%s', (engine) => {
    test('one daemon leads, and the other stands by; a stop gives the lease to the next when run() has settled; nothing is left', async () => {
      const box = sandbox();
      const order = { engine, url: urls[engine], key: newKey() };
      const one = host(box, 'web-1', { ...order, behaviour: 'slow' });
      const two = host(box, 'web-2', order);
      expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
      const first = one.pid();
      const token = /^run (\d+) true$/.exec(await one.told('run'))?.[1];
      expect(one.events()).toEqual([`lead bigint ${token}`, `run ${token} true`]);
      expect(await statusOf(one)).toMatchObject({
        pid: first,
        lease: { key: order.key, state: 'leading', holder: 'web-1', pid: first, token, since: expect.stringMatching(/^\d{4}-.*Z$/) },
      });
      expect(JSON.parse((await one.verb('status', '--json')).stdout)).toEqual(await statusOf(one));
      expect((await one.verb('status')).stdout).toMatch(
        new RegExp(`^leader is running, pid ${first}, .*, leads since .*Z, token ${token}\n$`),
      );

      expect(await two.start()).toMatchObject({ code: 0, stderr: '' });
      const second = two.pid();
      await until(async () => (await statusOf(two)).lease?.['pid'] === first, { what: 'the seal of the leader' });
      expect((await statusOf(two)).lease).toMatchObject({ state: 'standby', holder: 'web-1', token });
      expect((await two.verb('status')).stdout).toContain(`standing by; web-1 leads (pid ${first})`);
      expect(two.events()).toEqual([]);

      process.kill(first, 'SIGTERM');
      await one.told('told');
      // Its run() is still at work.
      expect([(await statusOf(two)).lease?.['state'], two.events()]).toEqual(['standby', []]);
      await box.launch('', { executable: 'touch', args: [`${one.directory}/go`] });
      await two.told('run');
      await one.ended(first);
      expect(one.events().slice(2)).toEqual(['terminate', 'told', 'settled', 'exit 0']);
      expect((await two.verb('stop')).code).toBe(0);
      await two.ended(second);
      expect([one, two].map(({ directory }) => existsSync(`${directory}/daemon.state`))).toEqual([false, false]);
      expect([one, two].map((each) => each.text('stderr'))).toEqual(['', '']);
    });

    test('a killed daemon that is started again on the same host ends its old reign by its token, and no other', async () => {
      const box = sandbox();
      const order = { engine, url: urls[engine], key: newKey() };
      const one = host(box, 'web-1', order);
      await one.start();
      const first = Number(/\d+/.exec(await one.told('run'))?.[0]);
      process.kill(one.pid(), 'SIGKILL');
      const again = host(box, 'web-1', { ...order, behaviour: 'deaf' });
      await until(async () => !(await box.isLocked('web-1/daemon.pid')), { what: 'the lock' });
      await again.start();
      const events = await until(() => (again.events().length >= 4 ? again.events() : undefined), { what: 'the next run' });
      const second = Number(/\d+/.exec(events[3] ?? '')?.[0]);
      expect(second).toBeGreaterThan(first);
      // Of another host nothing is known.
      const two = host(box, 'web-2', order);
      await two.start();
      expect((await statusOf(two)).lease).toMatchObject({ state: 'standby', token: String(second) });
    });
  });

  const failing: ReadonlyArray<readonly [what: string, engine: 'postgres' | 'etcd', url: () => string, cause: string]> = [
    ['no engine', 'postgres', () => 'postgres://postgres@127.0.0.1:1/postgres', 'ECONNREFUSED'],
    ['no engine', 'etcd', () => 'http://127.0.0.1:1', 'ECONNREFUSED'],
    ['a wrong password', 'postgres', () => database.plainUrl.replace('secret', 'wrong'), '28P01'],
    ['no right to make the table', 'postgres', () => database.plainUrl, '42501'],
  ];
  test.each(failing)(
    '%s (%s) is the start’s error, with the engine’s as its cause, and nothing is left',
    async (_what, engine, url, cause) => {
      const box = sandbox();
      if (cause === '42501') await database.query('drop table if exists daemonium_lease');
      const one = host(box, 'web-1', { engine, url: url(), key: newKey() });
      const { code, stderr } = await one.start();
      expect(code).toBe(1);
      expect(stderr).toContain("StartError: Daemon 'leader' failed: LeaseFailedError: Cannot take the lease");
      expect(stderr).toContain(`code: '${cause}'`);
      expect([one.events(), existsSync(`${one.directory}/daemon.pid`), existsSync(`${one.directory}/daemon.state`)]).toEqual([
        ['exit 1'],
        false,
        false,
      ]);
      // In the foreground it is the error itself.
      const here = await box.launch('lease-daemon', {
        args: [one.directory, JSON.stringify({ engine, url: url(), key: newKey(), options: { detach: false } })],
      });
      expect(here.code).toBe(1);
      expect(one.text('stderr')).toContain('LeaseFailedError: Cannot take the lease');
      expect([existsSync(`${one.directory}/daemon.pid`), existsSync(`${one.directory}/daemon.state`)]).toEqual([false, false]);
    },
  );
});
