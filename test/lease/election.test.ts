import { randomUUID } from 'node:crypto';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { askEtcd, leaderOf, type Member, startEtcd } from '../servers/etcd.ts';
import { renewed } from './renewal.ts';

/** One can be won by luck, and be lost by bad luck; not so many of them. */
const ELECTIONS = 5;
/** For an election, in ms. */
const PATIENCE = 20_000;

describe.skipIf(noServers)("an election of etcd's", () => {
  let members: Member[];
  let leader: Member;
  let others: Member[];
  beforeEach(async () => {
    members = await startEtcd(sandbox(), 3);
    leader = await leaderOf(members);
    others = members.filter((member) => member !== leader);
  });

  test('the leader of three members is killed: the reign stands, with the default of 15 s', async () => {
    const urls = members.map(({ url }) => url);
    const held = new Lease('key', etcd(urls), { killAt: null });
    onTestFinished(() => held[Symbol.asyncDispose]());
    const { token } = await held.acquire();
    await leader.server.kill();
    await renewed(held);
    await renewed(held);
    expect([held.isLocked(), held.token]).toEqual([true, token]);
  });

  test('a renewal that waits for a leader goes on at the election, and not when etcd would look again; a release is not lost in one', async () => {
    const [survivor, other] = others as [Member, Member];
    const engine = etcd(survivor.url);
    onTestFinished(() => engine.close());
    const taking = await engine.take({ key: 'key', holder: 'me', duration: 120_000, id: randomUUID() }, PATIENCE);
    const { reign } = taking as Extract<typeof taking, { reign: unknown }>;
    const { lease } = reign as typeof reign & { readonly lease: string };
    /** Whether the renewal was answered before a keepalive that the member got first. */
    const renewalIsFirst = async () => {
      await Promise.all([leader.server.kill(), other.server.kill()]);
      const hasNoLeader = async () => !(await askEtcd(survivor.url, '/v3/maintenance/status', {}))['leader'];
      await until(hasNoLeader, { what: 'a member that knows of no leader' });
      const answers: string[] = [];
      const keepalive = askEtcd(survivor.url, '/v3/lease/keepalive', { ID: lease }).finally(() => answers.push('keepalive'));
      const renewal = engine.renew('key', reign, 120_000, PATIENCE).finally(() => answers.push('renewal'));
      await Promise.all([leader.server.start(), other.server.start()]);
      await keepalive.catch(() => {});
      expect(await renewal).toBe(true);
      return answers[0] === 'renewal';
    };
    let election = 1;
    while (!(await renewalIsFirst())) expect(++election).toBeLessThanOrEqual(ELECTIONS);
    // A member that has not noticed sends what it is told to the dead leader, where it is lost.
    leader = await leaderOf(members);
    const follower = members.find((member) => member !== leader)!;
    const another = etcd(follower.url);
    onTestFinished(() => another.close());
    await leader.server.kill();
    expect(await another.drop('key', reign, PATIENCE)).toBe(true);
  });
});
