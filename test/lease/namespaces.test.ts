import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { noServers } from '../servers/available.ts';
import { startBoth } from '../servers/both.ts';
import { mayMakeNamespaces, newHost } from '../servers/namespace.ts';
import { startProxy } from '../servers/proxy.ts';
import { holder } from './holder.ts';

const skipped = noServers || !mayMakeNamespaces;
if (!mayMakeNamespaces) console.log('The test with network namespaces is skipped: needs root and ip(8)');

describe.skipIf(skipped)('a holder on another host, whose cable is pulled', () => {
  const ports = { postgres: 0, etcd: 0 };
  beforeAll(async () => {
    const box = sandbox(() => {});
    Object.assign(ports, await startBoth(box));
    return () => box[Symbol.asyncDispose]();
  });

  test.each(['postgres', 'etcd'] as const)('%s: a holder that is cut off stops before another begins', async (engine) => {
    const box = sandbox();
    const host = newHost(onTestFinished);
    const proxy = await startProxy(ports[engine], onTestFinished, host.address);
    const url = (address: string, port: number) =>
      engine === 'postgres' ? `postgres://postgres@${address}:${port}/postgres` : `http://${address}:${port}`;
    const order = { key: `test/namespaces/${engine}`, engine, options: { duration: 4_000, renewEvery: 400 } };
    const command = ['netns', 'exec', host.name, process.execPath, fixture('lease-holder')];
    const far = holder(box, { ...order, url: url(host.address, proxy.port) }, { executable: 'ip', args: command });
    await far.hears('held');
    const near = holder(box, { ...order, url: url('127.0.0.1', ports[engine]) });
    await near.hears('standby');
    execFileSync('ip', ['link', 'set', host.link, 'down']);
    const [lost, held] = await Promise.all([far.hears('lost'), near.hears('held')]);
    expect(lost).toMatchObject({ why: 'late', isLocked: false });
    expect(lost.at).toBeLessThan(held.at);
  });
});
