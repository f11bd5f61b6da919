import { AlreadyLeasedError, Lease, type LeaseEngine, LeaseFailedError } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../helpers/http.ts';
import { statOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startBoth } from '../servers/both.ts';
import { startEtcd } from '../servers/etcd.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startProxy } from '../servers/proxy.ts';
import { type HolderOrder, holder, now } from './holder.ts';

type Kind = 'postgres' | 'etcd';

/** Ends by itself within a test, and leaves half of it between the holder's loss and the next reign. */
const SHORT = { duration: 4_000, renewEvery: 400, giveUp: 2_000 };
/** Ends by itself within no test: who gets it was given it. */
const LONG = { duration: 120_000, renewEvery: 300 };

const ENGINES: Readonly<Record<Kind, (url: string) => LeaseEngine>> = { postgres: (url) => postgres(url), etcd: (url) => etcd(url) };
const ports: Record<Kind, number> = { postgres: 0, etcd: 0 };

function urlOf(kind: Kind, port = ports[kind]): string {
  return kind === 'postgres' ? `postgres://postgres@127.0.0.1:${port}/postgres` : `http://127.0.0.1:${port}`;
}

let keys = 0;

/** What a holder is told, with a key of its own. */
function orderFor(engine: Kind, more: Partial<HolderOrder> = {}): HolderOrder {
  return { key: `test/${engine}/${++keys}`, engine, url: urlOf(engine), options: LONG, ...more };
}

describe.skipIf(noServers)('on real servers', () => {
  beforeAll(async () => {
    const box = sandbox(() => {});
    Object.assign(ports, await startBoth(box));
    return () => box[Symbol.asyncDispose]();
  });

  describe.each(['postgres', 'etcd'] as const)('%s', (engine) => {
    test.concurrent('one of several processes holds the lease; a release gives it to the next, with a higher token', async ({
      onTestFinished: finished,
    }) => {
      const box = sandbox(finished);
      const order = orderFor(engine, { options: { ...LONG, holder: 'one name for all' } });
      const first = holder(box, order);
      const tokens = [BigInt(String((await first.hears('held'))['token']))];
      let waiting = [holder(box, order), holder(box, order), holder(box, order)];
      for (const each of waiting) await each.hears('standby');
      let leader = first;
      while (waiting.length > 0) {
        leader.tell('release');
        const released = await leader.hears('released');
        expect(released['failure']).toBeNull();
        const [next] = await until(
          () => {
            const held = waiting.filter(({ said }) => said.some(({ what }) => what === 'held'));
            return held.length > 0 ? held : undefined;
          },
          { what: 'the next holder' },
        );
        const others = waiting.filter((each) => each !== next);
        expect(others.flatMap(({ said }) => said.map(({ what }) => what))).not.toContain('held');
        leader = next!;
        waiting = others;
        tokens.push(BigInt(String((await leader.hears('held'))['token'])));
      }
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)));
    });

    test.concurrent('every process can see the leader', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const order = orderFor(engine, { options: { ...LONG, holder: 'web-1' }, seal: { port: '8080', 'a "b"': "it's 100 \\%" } });
      const lease = new Lease(order.key, ENGINES[engine](urlOf(engine)), { holder: 'web-2' });
      expect(await lease.look()).toBeNull();
      const leader = holder(box, order);
      await leader.hears('sealed');
      const seen = await lease.look();
      expect(seen).toMatchObject({
        holder: 'web-1',
        pid: leader.pid,
        info: order.seal,
        token: expect.any(BigInt),
        since: expect.any(Date),
      });
      expect(Math.abs(Date.now() - Number(seen?.since))).toBeLessThan(30_000);
      expect(seen?.expiresIn).toBeGreaterThan(0);
      expect(seen?.expiresIn).toBeLessThanOrEqual(LONG.duration);
      await expect(lease.acquire({ timeout: 0 })).rejects.toMatchObject({ constructor: AlreadyLeasedError, holder: 'web-1' });
      await lease[Symbol.asyncDispose]();
    });

    test.concurrent('a killed holder is followed when its reign ends, and no sooner', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const order = orderFor(engine, { options: SHORT });
      const first = holder(box, order);
      await first.hears('held');
      const second = holder(box, order);
      await second.hears('standby');
      const lease = new Lease(order.key, ENGINES[engine](urlOf(engine)));
      finished(() => lease[Symbol.asyncDispose]());
      // A renewal that comes later moves the end on.
      const before = now();
      const { expiresIn } = (await lease.look())!;
      await first.kill();
      const { at } = await second.hears('held');
      expect(expiresIn).toBeGreaterThan(0);
      expect(at).toBeGreaterThan(before + expiresIn);
    });

    test.concurrent('a restart on the same host does not wait for the end of the reign', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const order = orderFor(engine);
      const first = holder(box, order);
      const token = String((await first.hears('held'))['token']);
      await first.kill();
      const other = holder(box, { ...order, timeout: 0, predecessor: String(BigInt(token) - 1n) });
      expect((await other.hears('failed'))['code']).toBe('ERR_ALREADY_LEASED');
      await holder(box, { ...order, predecessor: token }).hears('held');
    });

    test.concurrent('a holder cut off in either direction or both stops before another begins', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const cutOff = async (way: 'to' | 'from' | 'both') => {
        const proxy = await startProxy(ports[engine], finished);
        const order = orderFor(engine, { options: SHORT });
        const far = holder(box, { ...order, url: urlOf(engine, proxy.port) });
        await far.hears('held');
        const near = holder(box, order);
        await near.hears('standby');
        proxy.cut(way);
        const [lost, held] = await Promise.all([far.hears('lost'), near.hears('held')]);
        expect(lost).toMatchObject({ why: 'late', isLocked: false });
        expect(lost.at).toBeLessThan(held.at);
        expect((await far.process.finished).code).toBe(75);
      };
      await Promise.all([cutOff('to'), cutOff('from'), cutOff('both')]);
    });

    test.concurrent('a partition that heals in time costs nothing', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const proxy = await startProxy(ports[engine], finished);
      const order = orderFor(engine);
      const far = holder(box, { ...order, url: urlOf(engine, proxy.port) });
      const { token } = await far.hears('held');
      proxy.cut('both');
      const lease = new Lease(order.key, ENGINES[engine](urlOf(engine)));
      const renewals = (await lease.look())?.expiresIn ?? 0;
      await until(async () => ((await lease.look())?.expiresIn ?? 0) < renewals - 1_000, { what: 'a renewal that fails' });
      proxy.heal();
      await until(async () => ((await lease.look())?.expiresIn ?? 0) >= renewals - 100, { what: 'a renewal that works' });
      expect((await lease.look())?.token).toBe(BigInt(String(token)));
      await lease[Symbol.asyncDispose]();
    });

    test.concurrent('a holder that is stopped for less than the lease goes on', async ({ onTestFinished: finished }) => {
      const box = sandbox(finished);
      const order = orderFor(engine);
      const first = holder(box, order);
      await first.hears('held');
      first.process.child.kill('SIGSTOP');
      await until(() => statOf(first.pid).state === 'T', { what: 'the stop' });
      const lease = new Lease(order.key, ENGINES[engine](urlOf(engine)));
      const before = (await lease.look())!;
      await until(async () => (await lease.look())!.expiresIn < before.expiresIn - 1_000, { what: 'the time of some renewals' });
      first.process.child.kill('SIGCONT');
      await until(async () => (await lease.look())!.expiresIn >= before.expiresIn - 100, { what: 'a renewal' });
      first.tell('state');
      expect(await first.hears('state')).toMatchObject({ isLocked: true });
      expect((await lease.look())?.token).toBe(before.token);
      await lease[Symbol.asyncDispose]();
    });

    test.concurrent('a holder that is stopped for longer, without a kill timer, knows its loss when it wakes up, and gives nothing back', async ({
      onTestFinished: finished,
    }) => {
      const box = sandbox(finished);
      const order = orderFor(engine, { options: { ...SHORT, killAt: null }, stays: true });
      const first = holder(box, order);
      await first.hears('held');
      const second = holder(box, { ...order, options: LONG });
      await second.hears('standby');
      first.process.child.kill('SIGSTOP');
      const held = await second.hears('held');
      first.tell('state');
      first.tell('release');
      first.process.child.kill('SIGCONT');
      expect(await first.hears('state')).toMatchObject({ isLocked: false, remaining: 0 });
      expect((await first.hears('released'))['failure']).toBe('ERR_NOT_MY_LEASE');
      const lease = new Lease(order.key, ENGINES[engine](urlOf(engine)));
      expect((await lease.look())?.token).toBe(BigInt(String(held['token'])));
      await lease[Symbol.asyncDispose]();
    });

    test.concurrent('an older reign is neither renewed, sealed nor ended', async ({ onTestFinished: finished }) => {
      const own = ENGINES[engine](urlOf(engine));
      finished(() => own.close());
      const claim = { key: `test/${engine}/${++keys}`, holder: 'h', duration: 60_000, id: 'one' };
      const seal = { host: 'h', pid: 2, since: new Date(), info: {} };
      const take = async (id: string) => {
        const taking = await own.take({ ...claim, id }, 5_000);
        if (!('reign' in taking)) throw new Error('not taken');
        return taking.reign;
      };
      const old = await take('one');
      expect(await own.renew(claim.key, old, 60_000, 5_000)).toBe(true);
      expect(await own.drop(claim.key, old, 5_000)).toBe(true);
      expect(await own.renew(claim.key, old, 60_000, 5_000)).toBe(false);
      const reign = await take('two');
      expect(reign.token).toBeGreaterThan(old.token);
      expect(await own.renew(claim.key, old, 60_000, 5_000)).toBe(false);
      expect(await own.seal(claim.key, old, seal, 5_000)).toBe(false);
      expect(await own.drop(claim.key, old, 5_000)).toBe(false);
      expect(await own.take({ ...claim, id: 'three' }, 5_000)).toMatchObject({ standing: { holder: 'h', token: reign.token } });
      // The claim's own: its answer was lost.
      expect((await take('two')).token).toBeGreaterThan(reign.token);
      expect(await own.renew(claim.key, reign, 60_000, 5_000)).toBe(false);
    });

    test.concurrent('a missing server, or an unknown host name, is an error with its cause', async ({ onTestFinished: finished }) => {
      const down = await freePort();
      const noName = engine === 'postgres' ? 'postgres://u@no-such-host.invalid/d' : 'http://no-such-host.invalid:2379';
      for (const [url, code] of [
        [urlOf(engine, down), 'ECONNREFUSED'],
        [noName, /^(ENOTFOUND|EAI_AGAIN)$/],
      ] as const) {
        const lease = new Lease('key', ENGINES[engine](url), { killAt: null });
        finished(() => lease[Symbol.asyncDispose]());
        const error = (await lease.acquire().catch((failure: unknown) => failure)) as LeaseFailedError;
        expect(error).toBeInstanceOf(LeaseFailedError);
        expect(String((error.cause as NodeJS.ErrnoException).code)).toMatch(code);
        expect(lease.isLocked()).toBe(false);
      }
    });
  });
});

describe.skipIf(noServers)('a server that fails', () => {
  test.each(['postgres', 'etcd'] as const)('%s frozen: the holder stops, and the next begins when the server is back', async (engine) => {
    const box = sandbox();
    const { server, url } = await startOne(engine, box);
    const order = orderFor(engine, { url, options: { duration: 3_000, renewEvery: 300 } });
    const first = holder(box, order);
    const token = BigInt(String((await first.hears('held'))['token']));
    const second = holder(box, order);
    await second.hears('standby');
    server.freeze('SIGSTOP');
    expect(await first.hears('lost')).toMatchObject({ why: 'late' });
    server.freeze('SIGCONT');
    expect(BigInt(String((await second.hears('held'))['token']))).toBeGreaterThan(token);
  });

  test.each(['postgres', 'etcd'] as const)('%s restarted: the holder keeps it, and those that wait go on waiting', async (engine) => {
    const box = sandbox();
    const { server, url } = await startOne(engine, box);
    const order = orderFor(engine, { url });
    const first = holder(box, order);
    const { token } = await first.hears('held');
    const second = holder(box, order);
    await second.hears('standby');
    await server.kill(engine === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
    await server.start();
    const lease = new Lease(order.key, ENGINES[engine](url));
    onTestFinished(() => lease[Symbol.asyncDispose]());
    expect((await lease.look())?.token).toBe(BigInt(String(token)));
    first.tell('release');
    expect((await first.hears('released'))['failure']).toBeNull();
    await second.hears('held');
  });

  async function startOne(engine: Kind, box: ReturnType<typeof sandbox>) {
    if (engine === 'postgres') return startPostgres(box);
    const [member] = await startEtcd(box);
    return member!;
  }
});
