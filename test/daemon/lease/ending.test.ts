import { existsSync, readFileSync } from 'node:fs';
import { Lease } from '@daemonium/lease';
import { postgres } from '@daemonium/lease/postgres';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { type Database, startPostgres } from '../../servers/postgres.ts';
import { startProxy } from '../../servers/proxy.ts';
import { host, newKey, statusOf } from './host.ts';

/** Lost soon, and killed in no test. */
const LOST = { duration: 120_000, renewEvery: 300, giveUp: 1_500, killAt: 110_000 };
/** Killed some time after the loss. */
const KILLED = { ...LOST, duration: 8_000, killAt: 4_000 };

describe.skipIf(noServers)('the end of a daemon that leads', () => {
  let database: Database;
  beforeAll(async () => {
    const box = sandbox(() => {});
    database = await startPostgres(box);
    return () => box[Symbol.asyncDispose]();
  });

  function look(key: string): Lease {
    const lease = new Lease(key, postgres(database.url));
    onTestFinished(() => lease[Symbol.asyncDispose]());
    return lease;
  }

  async function behindProxy() {
    const proxy = await startProxy(database.port, onTestFinished);
    return { proxy, url: `postgres://postgres@127.0.0.1:${proxy.port}/postgres` };
  }

  test.each([
    ['ends', ['terminate', 'told', 'settled', 'exit 75']],
    // Whatever the program says: its supervisor is to start it again.
    ['exits', ['terminate', 'exit 75']],
  ] as const)('lost, and run() that %s: it is told, and the exit code is 75', async (behaviour, events) => {
    const box = sandbox();
    const { proxy, url } = await behindProxy();
    const one = host(box, 'web-1', { engine: 'postgres', url, key: newKey(), times: LOST, behaviour });
    const daemon = await one.foreground();
    proxy.cut('both');
    expect(await daemon.finished).toMatchObject({ code: 75, signal: null });
    expect(one.events().slice(2)).toEqual(events);
    expect(one.text('stderr')).toMatch(/^The lease '.*' is lost: no renewal came through in time; .* \(no answer within \d+ ms\)\n$/m);
    // By its token the next one on this host ends the reign.
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(true);
    await one.ended(daemon.pid);
  });

  test('a run() that does not settle after the loss of the lease has until killAt, and not its stopTimeout', async () => {
    const box = sandbox();
    const { proxy, url } = await behindProxy();
    const one = host(box, 'web-1', {
      engine: 'postgres',
      url,
      key: newKey(),
      times: KILLED,
      behaviour: 'never',
      options: { stopTimeout: 60_000 },
    });
    const daemon = await one.foreground();
    proxy.cut('both');
    const { code, signal } = await daemon.finished;
    // By itself, or on a busy machine by the kernel.
    expect(signal ?? code).toBeOneOf([75, 'SIGKILL']);
    expect(Number(process.hrtime.bigint() - BigInt(one.text('told'))) / 1e6).toBeGreaterThan(500);
    expect(one.events().at(-1)).toBeOneOf(['exit 75', 'told']);
  });

  test('a lost lease ends a daemon without listeners at once', async () => {
    const box = sandbox();
    const { proxy, url } = await behindProxy();
    const one = host(box, 'web-1', {
      engine: 'postgres',
      url,
      key: newKey(),
      times: LOST,
      behaviour: 'deaf',
    });
    const daemon = await one.foreground();
    proxy.cut('both');
    expect(await daemon.finished).toMatchObject({ code: 75, signal: null });
  });

  test('another reign is a loss of the lease as well', async () => {
    const box = sandbox();
    const key = newKey();
    const one = host(box, 'web-1', { engine: 'postgres', url: database.url, key });
    const daemon = await one.foreground();
    await database.query(`update daemonium_lease set epoch = epoch + 1 where key = '${key}'`);
    expect(await daemon.finished).toMatchObject({ code: 75 });
    expect(one.text('stderr')).toContain('this reign stands no more in the engine');
  });

  test.each(['deaf', 'never', 'throws'] as const)(
    'run() that is %s has not settled, or has failed: the reign is left to run out, and the next start ends it',
    async (behaviour) => {
      const box = sandbox();
      const order = { engine: 'postgres', url: database.url, key: newKey(), behaviour, options: { stopTimeout: 300 } } as const;
      const one = host(box, 'web-1', order);
      const daemon = await one.foreground();
      if (behaviour !== 'throws') {
        await until(async () => (await look(order.key).look())?.pid === daemon.pid, { what: 'the seal' });
        daemon.child.kill('SIGTERM');
      }
      expect((await daemon.finished).code).toBe(behaviour === 'deaf' ? 0 : 1);
      const standing = await look(order.key).look();
      // One that ends by itself may not have come to its seal.
      expect(standing).toMatchObject({ holder: 'web-1', ...(behaviour === 'throws' ? {} : { pid: daemon.pid }) });
      const again = await one.with({ behaviour: 'ends' }).foreground(new RegExp(`^run (?!${standing?.token} )`));
      again.child.kill('SIGTERM');
      expect((await again.finished).code).toBe(0);
      expect(await look(order.key).look()).toBeNull();
    },
  );

  test('with respawn, too, the shell leaves the record by which the next start ends the reign', async () => {
    const box = sandbox();
    const options = { respawn: true } as const;
    const one = host(box, 'web-1', { engine: 'postgres', url: database.url, key: newKey(), behaviour: 'deaf', options });
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    const [, token = ''] = /^run (\d+) /.exec(await one.told('run')) ?? [];
    expect(await one.verb('stop')).toMatchObject({ code: 0, stderr: '' });
    const again = one.with({ behaviour: 'ends' });
    expect(await again.start()).toMatchObject({ code: 0, stderr: '' });
    const next = () => again.events().find((event) => event.startsWith('run ') && !event.startsWith(`run ${token} `));
    await until(next, { what: 'the next reign' });
    expect(await again.verb('stop')).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
  });

  test('SIGTERM while it stands by: 0, run() is never called, and it takes nothing any more', async () => {
    const box = sandbox();
    const order = { engine: 'postgres', url: database.url, key: newKey() } as const;
    const leader = await look(order.key).acquire();
    const one = host(box, 'web-1', order);
    await one.start();
    const standby = one.pid();
    process.kill(standby, 'SIGTERM');
    await one.ended(standby);
    expect(one.events()).toEqual(['terminate', 'exit 0']);
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
    await leader.release();
    expect(await look(order.key).look()).toBeNull();
  });

  test('the children of a killed daemon live on: its cgroup has to end them', async () => {
    const box = sandbox();
    const order = { engine: 'postgres', url: database.url, key: newKey(), times: { duration: 1_500, renewEvery: 300 } } as const;
    const daemon = await host(box, 'web-1', { ...order, behaviour: 'child' }).foreground('child');
    const child = Number(/^child (\d+)$/m.exec(readFileSync(box.path('web-1/events'), 'utf8'))?.[1]);
    daemon.child.kill('SIGKILL');
    await daemon.finished;
    await host(box, 'web-2', order).foreground();
    expect(isRunning(child)).toBe(true);
  });

  test('the engine goes away and comes back while it stands by', async () => {
    const box = sandbox();
    const { proxy, url } = await behindProxy();
    const key = newKey();
    const leader = await look(key).acquire();
    const one = host(box, 'web-1', { engine: 'postgres', url, key });
    await one.start();
    proxy.cut('both');
    await leader.release();
    await until(async () => (await statusOf(one)).lease?.['state'] === 'standby', { what: 'a standby' });
    proxy.heal();
    await one.told('run');
  });

  test('the log is on disk before the lease goes, and the lease goes before the lock', async () => {
    const box = sandbox();
    const { proxy, url } = await behindProxy();
    const key = newKey();
    const one = host(box, 'web-1', { engine: 'postgres', url, key, logs: true });
    const daemon = await one.foreground();
    await until(async () => (await look(key).look())?.pid === daemon.pid, { what: 'the seal' });
    // The release does not come through: what comes after it waits.
    proxy.cut('to');
    daemon.child.kill('SIGTERM');
    await until(() => readFileSync(`${one.directory}/log`, 'utf8').includes('run() finished'), { what: 'the log' });
    expect([one.events().at(-1), await box.isLocked('web-1/daemon.pid')]).toEqual(['settled', true]);
    expect(await look(key).look()).not.toBeNull();
    proxy.heal();
    expect((await daemon.finished).code).toBe(0);
    expect(await look(key).look()).toBeNull();
  });
});
