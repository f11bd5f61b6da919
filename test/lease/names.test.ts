import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fixture, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startBoth } from '../servers/both.ts';
import { mayChangeNames, type Names, newNames } from '../servers/names.ts';
import { startProxy } from '../servers/proxy.ts';
import { type Holder, type HolderOrder, holder } from './holder.ts';

/** A reign that ends by itself within no test. */
const LONG = { duration: 120_000, renewEvery: 1_000 };

if (!mayChangeNames) console.log('The tests without name resolution are skipped: need root, and a mount namespace');

describe.skipIf(noServers || !mayChangeNames)('a host name that cannot be resolved any more', () => {
  const ports = { postgres: 0, etcd: 0 };
  beforeAll(async () => {
    const box = sandbox(() => {});
    Object.assign(ports, await startBoth(box));
    return () => box[Symbol.asyncDispose]();
  });

  const urlOf = (engine: 'postgres' | 'etcd', host: string, port: number) =>
    engine === 'postgres' ? `postgres://postgres@${host}:${port}/postgres` : `http://${host}:${port}`;

  /** An engine that one holder knows by its name, through a proxy, and another by its address. */
  async function named(box: Sandbox, engine: 'postgres' | 'etcd') {
    const names = await newNames(box, onTestFinished);
    const proxy = await startProxy(ports[engine], onTestFinished);
    return { names, proxy, byName: urlOf(engine, names.name, proxy.port), byAddress: urlOf(engine, '127.0.0.1', ports[engine]) };
  }

  const holderWith = (box: Sandbox, names: Names, order: HolderOrder) =>
    holder(box, order, names.command(process.execPath, fixture('lease-holder')));

  /** When the reign ends without another renewal, by the clock of {@link Holder.said}. */
  async function endOf(held: Holder): Promise<number> {
    const states = () => held.said.filter(({ what }) => what === 'state');
    const before = states().length;
    held.tell('state');
    const state = await until(() => states()[before], { what: 'the state' });
    return state.at + Number(state['remaining']);
  }

  async function renewed(held: Holder): Promise<void> {
    const end = await endOf(held);
    await until(async () => (await endOf(held)) > end + LONG.renewEvery / 2, { what: 'a renewal' });
  }

  const asksInVain = (names: Names) => {
    const before = names.asked;
    return until(() => names.asked > before, { what: 'a question to the name server' });
  };

  test.each(['postgres', 'etcd'] as const)(
    '%s: the reign stands on its connection; without one it stands until the name is back',
    async (engine) => {
      const box = sandbox();
      const { names, proxy, byName } = await named(box, engine);
      const order = { key: `test/names/${engine}`, engine, options: LONG };
      const far = holderWith(box, names, { ...order, url: byName });
      await far.hears('held');
      names.unknown();
      await renewed(far);
      expect(names.asked).toBe(0);
      proxy.drop();
      await asksInVain(names);
      names.known();
      await renewed(far);

      expect(far.said.map(({ what }) => what)).not.toContain('lost');
      await far.kill();
    },
  );

  test.each(['postgres', 'etcd'] as const)('%s: those that stand by go on asking, and lead when the name is back', async (engine) => {
    const box = sandbox();
    const { names, proxy, byName, byAddress } = await named(box, engine);
    const order = { key: `test/names/${engine}/standby`, engine, options: LONG };
    const leader = holder(box, { ...order, url: byAddress });
    await leader.hears('held');
    const next = holderWith(box, names, { ...order, url: byName });
    await next.hears('standby');
    names.unknown();
    proxy.drop();
    await asksInVain(names);
    leader.tell('release');
    expect((await leader.hears('released'))['failure']).toBeNull();
    await asksInVain(names);
    expect(next.said.map(({ what }) => what)).toEqual(['asking', 'standby']);
    names.known();
    await next.hears('held');
  });

  test.each(['postgres', 'etcd'] as const)('%s: a name server that says nothing holds up neither the loss nor the end', async (engine) => {
    const box = sandbox();
    const { names, proxy, byName, byAddress } = await named(box, engine);
    const order = { key: `test/names/${engine}/silent`, engine, options: { duration: 4_000, renewEvery: 400 } };
    const far = holderWith(box, names, { ...order, url: byName });
    await far.hears('held');
    const near = holder(box, { ...order, url: byAddress });
    await near.hears('standby');
    names.silent();
    proxy.drop();
    const [lost, held] = await Promise.all([far.hears('lost'), near.hears('held')]);
    expect(lost).toMatchObject({ why: 'late', isLocked: false });
    expect(lost.at).toBeLessThan(held.at);
    // Node.js does not end before getaddrinfo(3) has; the kernel does not wait.
    const { code, signal } = await far.process.finished;
    expect(signal ?? code).toBeOneOf([75, 'SIGKILL']);
  });

  test('etcd: an endpoint without an address is one that is down', async () => {
    const box = sandbox();
    const { names, proxy, byName, byAddress } = await named(box, 'etcd');
    const far = holderWith(box, names, { key: 'test/names/endpoints', engine: 'etcd', url: [byName, byAddress], options: LONG });
    await far.hears('held');
    for (const lose of [names.unknown, names.silent]) {
      lose();
      proxy.drop();
      await renewed(far);
      await renewed(far);
      names.known();
    }
    expect(far.said.map(({ what }) => what)).not.toContain('lost');
  });
});
