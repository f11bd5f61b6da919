import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { nameHolder } from '@daemonium/core/handover';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { startEtcd } from '../../servers/etcd.ts';
import { type DaemonOrder, type Host, host, LONG, newKey, statusOf } from './host.ts';

/** Root writes the pid file of a daemon that has given up root: while it does so, the upgrade stands still at its commit. */
describe.skipIf(noServers || notRoot)('the commit of an upgrade with a lease', () => {
  let url: string;
  beforeAll(async () => {
    const box = sandbox(() => {});
    url = (await startEtcd(box))[0]!.url;
    return () => box[Symbol.asyncDispose]();
  });

  function look(key: string): Lease {
    const lease = new Lease(key, etcd(url), { holder: 'web-2', duration: 120_000 });
    onTestFinished(() => lease[Symbol.asyncDispose]());
    return lease;
  }

  const tokens = (one: Host) => one.events().flatMap((event) => /^run (\d+) true$/.exec(event)?.[1] ?? []);

  /** A daemon that leads, and has another user. */
  async function leader(
    box: Sandbox,
    behaviour: 'deaf' | 'slow',
  ): Promise<{ one: Host; order: DaemonOrder; token: string; state: () => string }> {
    const order = { engine: 'etcd', url, key: newKey(), behaviour, options: { listen: [], user: OTHER, stderr: null } } as const;
    const one = host(box, 'web-1', order);
    await box.launch('', { executable: 'chmod', args: ['1777', one.directory] });
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    const token = await until(() => tokens(one)[0], { what: 'the reign' });
    return { one, order, token, state: () => readFileSync(`${one.directory}/daemon.state`, 'utf8') };
  }

  /** Asks for an upgrade. @returns the successor, which waits for its name in the pid file */
  async function asked(one: Host, env: Record<string, string>) {
    const asker = connect(`${one.directory}/daemon.request`).setEncoding('utf8');
    onTestFinished(() => void asker.destroy());
    let said = '';
    asker.on('data', (text: string) => {
      said += text;
    });
    const answer = async (index: number) =>
      JSON.parse(await until(() => said.split('\n').slice(0, -1)[index], { what: `answer ${index}` }));
    asker.write(`${JSON.stringify({ type: 'upgrade', timeout: null, env })}\n`);
    const { type, pid } = await answer(0);
    expect(type).toBe('name');
    expect(pid).toBeGreaterThan(1);
    const name = async () => {
      nameHolder(`${one.directory}/daemon.pid`, pid);
      asker.write(`${JSON.stringify({ type: 'named' })}\n`);
      return await answer(1);
    };
    return { pid: pid as number, name, leave: () => asker.destroy() };
  }

  test('a successor whose pid is not in the file yet takes nothing, and its end leaves everything as it was', async () => {
    const { one, state } = await leader(sandbox(), 'deaf');
    const before = [state(), await statusOf(one)];
    // The new version's lease is free.
    const key = newKey();
    const { pid, leave } = await asked(one, { KEY: key });
    expect(await look(key).look()).toBeNull();
    const handedOn = state();
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid), { what: 'the end of the successor' });
    expect(await look(key).look()).toBeNull();
    expect(state()).toBe(handedOn);
    leave();
    await until(() => state() === before[0], { what: 'the record of the old one' });
    expect(await statusOf(one)).toEqual(before[1]);
  });

  test('the successor is killed before it has said a word: a start that cannot see the old daemon does not end its reign', async () => {
    const box = sandbox();
    const { one, order, token } = await leader(box, 'slow');
    const old = one.pid();
    const { pid, name } = await asked(one, {});
    process.kill(pid, 'SIGSTOP');
    expect(await name()).toMatchObject({ type: 'upgraded', pid });
    process.kill(pid, 'SIGKILL');
    await until(async () => !(await box.isLocked('web-1/daemon.pid')), { what: 'the lock' });
    expect(isRunning(old)).toBe(true);
    const options = { detach: true, listen: [], stderr: null };
    const words = [one.directory, JSON.stringify({ ...order, options, times: { holder: 'web-1', ...LONG } })];
    const script = '"$@"; echo "started: $?"; exec sleep 600';
    const args = ['--pid', '--fork', '--mount-proc', 'sh', '-c', script, 'sh', process.execPath, fixture('lease-daemon'), ...words];
    const other = box.spawn('', { executable: 'unshare', args });
    await until(() => other.stdout.includes('started: '), { what: `the start in a container: ${other.stderr}` });
    expect([other.stderr, other.stdout]).toEqual(['', expect.stringContaining('started: 0')]);
    expect(await look(order.key).look()).toMatchObject({ token: BigInt(token), pid: old });
    expect(tokens(one)).toEqual([token]);
  });
});
