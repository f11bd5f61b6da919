import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { startEtcd } from '../../servers/etcd.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { manager } from '../service/manager.ts';
import { type Host, host, newKey, provedPid, statusOf } from './host.ts';

const listen = { listen: [] };

describe.skipIf(noServers)('the upgrade of a daemon with a lease', () => {
  const urls = { postgres: '', etcd: '' };
  beforeAll(async () => {
    const box = sandbox(() => {});
    const [database, members] = await Promise.all([startPostgres(box), startEtcd(box)]);
    urls.postgres = database.url;
    urls.etcd = members[0]!.url;
    return () => box[Symbol.asyncDispose]();
  });

  function look(key: string, engine: 'postgres' | 'etcd' = 'etcd'): Lease {
    const lease = new Lease(key, engine === 'etcd' ? etcd(urls.etcd) : postgres(urls.postgres), { holder: 'web-2', duration: 120_000 });
    onTestFinished(() => lease[Symbol.asyncDispose]());
    return lease;
  }

  const tokens = ({ events }: Host) => events().flatMap((event) => /^run (\d+) true$/.exec(event)?.[1] ?? []);
  const token = (one: Host, count: number) => until(() => tokens(one)[count - 1], { what: `run ${count} of ${one.text('stderr')}` });

  /** The successor, once it stands by. */
  async function upgraded(one: Host): Promise<number> {
    expect(await one.verb('upgrade')).toMatchObject({ code: 0, stderr: '' });
    const isThere = async () => ((await statusOf(one)).lease?.['state'] === 'standby' ? one : undefined);
    await until(isThere, { what: 'the standby' });
    const { pid } = await statusOf(one);
    return pid ?? 0;
  }

  test.each(['postgres', 'etcd'] as const)(
    '%s: the successor stands by until run() of its predecessor has settled; one that fails changes nothing',
    async (engine) => {
      const box = sandbox();
      const order = { engine, url: urls[engine], key: newKey(), behaviour: 'slow', options: listen } as const;
      const one = host(box, 'web-1', order);
      const state = `${one.directory}/daemon.state`;
      expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
      const first = await token(one, 1);
      const old = one.pid();
      await until(async () => (await look(order.key, engine).look())?.pid === old, { what: 'the seal' });

      const before = [readFileSync(state, 'utf8'), await statusOf(one)];
      const broken = one.with({ options: { ...listen, env: { FAULT: '1' } } });
      expect(await broken.verb('upgrade')).toMatchObject({ code: 1, stderr: expect.stringContaining('the new version is broken') });
      expect([readFileSync(state, 'utf8'), await statusOf(one)]).toEqual(before);

      const pid = await upgraded(one);
      expect(pid).not.toBe(old);
      await one.told('told');
      expect(await statusOf(one)).toMatchObject({ pid, lease: { state: 'standby', holder: 'web-1', pid: old, token: first } });
      expect(await look(order.key, engine).look()).toMatchObject({ pid: old, token: BigInt(first) });
      expect(isRunning(old)).toBe(true);
      expect(tokens(one)).toEqual([first]);

      writeFileSync(`${one.directory}/go`, '');
      // A reign runs out in two minutes: it was released.
      const second = await token(one, 2);
      expect(BigInt(second)).toBeGreaterThan(BigInt(first));
      await until(() => !isRunning(old), { what: 'the end of the old one' });
      expect(one.events().indexOf('settled')).toBeLessThan(one.events().indexOf(`run ${second} true`));
      expect(await statusOf(one)).toMatchObject({ pid, lease: { state: 'leading', holder: 'web-1', pid, token: second } });

      // Once more, as this one has a predecessor.
      expect(await one.verb('upgrade')).toMatchObject({ code: 0, stderr: '' });
      const third = await token(one, 3);
      expect(BigInt(third)).toBeGreaterThan(BigInt(second));
      await until(async () => (await statusOf(one)).lease?.['token'] === third, { what: 'its record' });
      expect((await one.verb('stop')).code).toBe(0);
      expect(await look(order.key, engine).look()).toBeNull();
      expect([existsSync(state), one.text('stderr')]).toEqual([false, '']);
    },
  );

  test('the next start does not end the reign of a predecessor that is still at work, whatever the state file says', async () => {
    const box = sandbox();
    const order = { engine: 'etcd', url: urls.etcd, key: newKey(), behaviour: 'slow', options: listen } as const;
    const one = host(box, 'web-1', order);
    const state = `${one.directory}/daemon.state`;
    await one.start();
    const first = await token(one, 1);
    const old = one.pid();
    const record = readFileSync(state, 'utf8');
    process.kill(await upgraded(one), 'SIGKILL');
    await until(async () => !(await box.isLocked('web-1/daemon.pid')), { what: 'the lock' });
    // As if the successor had been killed before it wrote there.
    writeFileSync(state, record);
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    expect((await statusOf(one)).lease).toMatchObject({ state: 'standby', pid: old, token: first });
    expect(await look(order.key).look()).toMatchObject({ token: BigInt(first) });
    writeFileSync(`${one.directory}/go`, '');
    await token(one, 2);
    expect((await one.verb('stop')).code).toBe(0);
    await until(() => !isRunning(old), { what: 'the end of the old one' });
    // It had nothing to say any more.
    expect([existsSync(state), await look(order.key).look()]).toEqual([false, null]);
  });

  test('the old one is killed after it was upgraded: its reign runs out', async () => {
    const box = sandbox();
    const times = { duration: 4_000, renewEvery: 300 };
    const one = host(box, 'web-1', { engine: 'etcd', url: urls.etcd, key: newKey(), behaviour: 'slow', times, options: listen });
    await one.start();
    const old = one.pid();
    await upgraded(one);
    expect([isRunning(old), tokens(one).length]).toEqual([true, 1]);
    const killed = performance.now();
    process.kill(old, 'SIGKILL');
    await token(one, 2);
    // It had renewed its reign within the time after which it would have given up.
    expect(performance.now() - killed).toBeGreaterThan(1_000);
  });

  test('a standby is upgraded, too', async () => {
    const box = sandbox();
    const key = newKey();
    const leader = await look(key).acquire();
    const one = host(box, 'web-1', { engine: 'etcd', url: urls.etcd, key, options: listen });
    await one.start();
    const old = one.pid();
    const pid = await upgraded(one);
    await until(() => !isRunning(old), { what: 'the end of the old one' });
    expect(await statusOf(one)).toMatchObject({ pid, lease: { state: 'standby', holder: 'web-2', token: String(leader.token) } });
    expect(tokens(one)).toEqual([]);
    await leader.release();
    await token(one, 1);
    expect((await one.verb('stop')).code).toBe(0);
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
  });

  test('in the foreground of a service manager, which starts the successor again as well: it steps down', async () => {
    const box = sandbox();
    const { address } = await manager(box);
    const order = { engine: 'etcd', url: urls.etcd, key: newKey(), options: listen } as const;
    const one = host(box, 'web-1', order, { NOTIFY_SOCKET: address });
    const old = one.supervised();
    await token(one, 1);
    expect(await one.verb('upgrade')).toMatchObject({ code: 0, stderr: '' });
    // Its output goes on with the successor.
    await until(() => old.child.exitCode !== null, { what: 'the end of the old one' });
    expect(old.child.exitCode).toBe(0);
    const second = await token(one, 2);
    await until(async () => (await statusOf(one)).lease?.['token'] === second, { what: 'the record of the successor' });
    const pid = one.pid();
    expect(await one.verb('step-down')).toMatchObject({ code: 0, stderr: '' });
    await one.ended(pid);
    expect(one.events().at(-1)).toBe('exit 75');
  });

  test.each(notRoot ? [null] : [null, OTHER])(
    'with respawn (user: %s): the successor leads, leads again when it was killed, and steps down',
    async (user) => {
      const box = sandbox();
      const options = { ...listen, respawn: { delay: 10 }, ...(user === null ? {} : { user, stderr: null }) };
      const one = host(box, 'web-1', { engine: 'etcd', url: urls.etcd, key: newKey(), options });
      await box.launch('', { executable: 'chmod', args: ['777', one.directory] });
      await box.launch('', { executable: 'chmod', args: ['+t', one.directory] });
      expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
      await token(one, 1);
      expect(await one.verb('upgrade')).toMatchObject({ code: 0, stderr: '' });
      const second = await token(one, 2);
      await until(async () => (await statusOf(one)).lease?.['token'] === second, { what: 'the record of the successor' });
      const pid = await provedPid(one);
      if (user !== null) expect(observe(pid).uids).toEqual([user, user, user, user]);
      process.kill(pid, 'SIGKILL');
      const third = await token(one, 3);
      expect(BigInt(third)).toBeGreaterThan(BigInt(second));
      await until(async () => (await statusOf(one)).lease?.['token'] === third, { what: 'its record' });
      expect(await one.verb('step-down')).toMatchObject({ code: 0, stderr: '' });
      await until(async () => (await statusOf(one)).lease?.['state'] === 'standby', { what: 'the standby' });
      expect(tokens(one)).toHaveLength(3);
      expect((await one.verb('stop')).code).toBe(0);
      expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
    },
  );
});
