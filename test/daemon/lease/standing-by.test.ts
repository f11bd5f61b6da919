import { once } from 'node:events';
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { bootClock } from '@daemonium/core/posix';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { freePort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { startEtcd } from '../../servers/etcd.ts';
import { manager } from '../service/manager.ts';
import { host, newKey, provedPid, statusOf } from './host.ts';

describe.skipIf(noServers)('a daemon with a lease', () => {
  let url = '';
  beforeAll(async () => {
    const box = sandbox(() => {});
    const [member] = await startEtcd(box);
    url = member!.url;
    return () => box[Symbol.asyncDispose]();
  });

  function look(key: string): Lease {
    const lease = new Lease(key, etcd(url));
    onTestFinished(() => lease[Symbol.asyncDispose]());
    return lease;
  }

  test('under a service manager: READY means standing by, and STATUS names the leader', async () => {
    const box = sandbox();
    const systemd = await manager(box);
    const key = newKey();
    const leader = await new Lease(key, etcd(url), { holder: 'web-2' }).acquire();
    await leader.seal();
    const one = host(box, 'web-1', { engine: 'etcd', url, key, options: { waitForReady: true } });
    const daemon = one.spawn({ env: { NOTIFY_SOCKET: systemd.address } });
    expect(await systemd.nth(2)).toEqual([`STATUS=standing by; web-2 leads (pid ${process.pid})`, 'READY=1']);
    expect(one.events()).toEqual([]);
    await leader[Symbol.asyncDispose]();
    const token = /\d+/.exec(await one.told('run'))?.[0];
    expect((await systemd.nth(3))[2]).toMatch(new RegExp(`^STATUS=leads since .*Z, token ${token}$`));
    daemon.child.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
    expect((await systemd.nth(4)).slice(3)).toEqual(['STOPPING=1']);
  });

  test('step-down: refused where nothing brings it back; else 75 when run() has settled, and the next one here waits for the others', async () => {
    const box = sandbox();
    const order = { engine: 'etcd', url, key: newKey(), behaviour: 'slow' } as const;
    const one = host(box, 'web-1', { ...order, times: { duration: 8_000, renewEvery: 300 } });
    await one.start();
    const detached = one.pid();
    expect(await one.verb('step-down')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run it with the option respawn, or under a supervisor'),
    });
    writeFileSync(`${one.directory}/go`, '');
    await one.verb('stop');
    await one.ended(detached);
    expect((await one.verb('step-down')).code).toBe(7);

    // As under systemd.
    const first = one.supervised();
    const token = /\d+/.exec(await until(() => one.events().filter((event) => event.startsWith('run'))[1], { what: 'the run' }))?.[0];
    const two = host(box, 'web-2', { ...order, behaviour: 'ends' });
    await two.start();
    expect(await two.verb('step-down')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not lead') });
    unlinkSync(`${one.directory}/go`);
    const asked = one.verb('step-down');
    await until(() => one.events().filter((event) => event === 'told').length === 2, { what: 'the word to end' });
    expect(two.events()).toEqual([]);
    writeFileSync(`${one.directory}/go`, '');
    expect(await asked).toMatchObject({ code: 0, stdout: `leader has stepped down, pid ${first.pid}, token ${token}\n` });
    expect((await first.finished).code).toBe(75);
    expect(one.events().slice(-4)).toEqual(['terminate', 'told', 'settled', 'exit 75']);
    const [, record = ''] = /^lease (.*)$/m.exec(one.text('daemon.state')) ?? [];
    const yielded = JSON.parse(record) as { state: string; until: number };
    expect(yielded.state).toBe('yielded');
    await two.told('run');

    // The other ends at once, and it is free: still it is not the turn of the one that has stepped down.
    await two.verb('stop');
    const again = one.supervised();
    const leadsAgain = () => one.events().filter((event) => event.startsWith('run')).length === 3;
    // On a busy machine its turn may have come by now.
    const standby = async () => [(await statusOf(one)).lease].find((lease) => lease?.['state'] === 'standby');
    const seen = await until(async () => leadsAgain() || (await standby()), { what: 'the standby' });
    if (seen !== true) expect(seen).toMatchObject({ holder: null, token: null });
    await until(leadsAgain, { what: 'its next reign', deadline: 20_000 });
    expect(bootClock()).toBeGreaterThanOrEqual(yielded.until);
    again.child.kill('SIGTERM');
    expect((await again.finished).code).toBe(0);
  });

  test('with respawn: killed, it leads again at once by the token in its state file; it steps down, and comes back as a standby', async () => {
    const box = sandbox();
    const one = host(box, 'web-1', { engine: 'etcd', url, key: newKey(), options: { respawn: { delay: 10 } } });
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    const runs = (count: number) =>
      until(() => one.events().filter((event) => event.startsWith('run'))[count - 1], { what: `run ${count}` });
    const first = await runs(1);
    process.kill(await provedPid(one), 'SIGKILL');
    const token = /\d+/.exec(await runs(2))?.[0];
    expect(BigInt(token ?? 0)).toBeGreaterThan(BigInt(/\d+/.exec(first)?.[0] ?? 0));
    expect(await statusOf(one)).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' }, lease: { state: 'leading', token } });
    const asked = await one.verb('step-down');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    await until(async () => (await statusOf(one)).lease?.['state'] === 'standby', { what: 'the standby' });
    expect(await statusOf(one)).toMatchObject({ restarts: 2, lastExit: { code: 75 }, state: 'standby' });
    expect((await one.verb('stop')).code).toBe(0);
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
  });

  test('step-down of a program that does not hear of it: its reign runs out, and it comes back as a standby', async () => {
    const box = sandbox();
    const order = { engine: 'etcd', url, key: newKey(), times: { duration: 5_000, renewEvery: 300 } } as const;
    const one = host(box, 'web-1', { ...order, behaviour: 'deaf', options: { respawn: { delay: 10 } } });
    await one.start();
    await one.told('run');
    const { pid: first } = await statusOf(one);
    expect(await one.verb('step-down')).toMatchObject({ code: 0, stderr: '' });
    const again = await until(
      async () => {
        const { pid, lease } = await statusOf(one);
        return pid !== null && pid !== first && lease;
      },
      { what: 'the next run' },
    );
    expect(again).toMatchObject({ state: 'standby', holder: null, token: null });
    const two = host(box, 'web-2', order);
    await two.start();
    await two.told('run');
    expect(one.events().filter((event) => event.startsWith('run'))).toHaveLength(1);
    await two.verb('stop');
    await one.verb('stop');
  });

  test('an engine that is away when the wait after a step-down is over is waited for', async () => {
    const box = sandbox();
    const etcdPort = Number(new URL(url).port);
    const relay = async (port: number) => {
      const sockets: Socket[] = [];
      const server = createServer((near) => {
        const far = connect(etcdPort, '127.0.0.1');
        for (const socket of [near, far]) socket.on('error', () => {});
        sockets.push(near, far);
        near.pipe(far).pipe(near);
      });
      const close = () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      };
      onTestFinished(close);
      await once(server.listen(port, '127.0.0.1'), 'listening');
      return close;
    };
    // None of those that the kernel gives to connections: it is to be free again.
    const port = await freePort();
    const close = await relay(port);
    const order = { engine: 'etcd', url: `http://127.0.0.1:${port}`, key: newKey(), times: { duration: 5_000, renewEvery: 300 } } as const;
    const one = host(box, 'web-1', { ...order, options: { respawn: { delay: 10 } } });
    await one.start();
    await one.told('run');
    expect(await one.verb('step-down')).toMatchObject({ code: 0, stderr: '' });
    await until(async () => (await statusOf(one)).lease?.['state'] === 'standby', { what: 'the standby' });
    const { pid } = await statusOf(one);
    close();
    await until(() => one.text('stderr').includes('Cannot take the lease'), { what: 'the failure' });
    await relay(port);
    await until(() => one.events().filter((event) => event.startsWith('run')).length === 2, { what: 'its next reign' });
    expect((await statusOf(one)).pid).toBe(pid);
  });

  test('activate() returns in the daemon when it leads, and the lease goes when its event loop is empty', async () => {
    const box = sandbox();
    const key = newKey();
    const leader = await look(key).acquire();
    const one = host(box, 'web-1', { engine: 'etcd', url, key, how: 'activate' });
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    expect((await statusOf(one)).lease).toMatchObject({ state: 'standby' });
    expect(one.events()).toEqual([]);
    await leader.release();
    const token = /^activated (\d+)$/.exec(await one.told('activated'))?.[1];
    const pid = one.pid();
    expect((await statusOf(one)).lease).toMatchObject({ state: 'leading', token });
    process.kill(pid, 'SIGTERM');
    await one.ended(pid);
    expect(await look(key).look()).toBeNull();
  });

  test('as data, for a module and for a program; the URL comes from a variable, and READY is at standing by', async () => {
    const box = sandbox();
    writeFileSync(
      box.path('program.cjs'),
      `require('node:fs').appendFileSync(process.argv[2], 'run\\n'); const s = require('node:net').createServer().listen(0); process.on('SIGTERM', () => s.close());`,
    );
    const order = { engine: 'etcd', key: newKey() } as const;
    const module = host(
      box,
      'web-1',
      { ...order, target: fixture('lease-module'), options: { args: [box.path('web-1', 'events')] } as never },
      { URL: url },
    );
    const program = host(
      box,
      'web-2',
      {
        ...order,
        target: { script: box.path('program.cjs'), argv: [box.path('web-2', 'events')] } as never,
        options: { ready: 'listening' },
      },
      { URL: url },
    );
    expect(await module.start()).toMatchObject({ code: 0, stderr: '' });
    const pid = await provedPid(module);
    const { lease } = await statusOf(module);
    expect(module.events()).toEqual([`run ${lease?.['token']} true`]);
    expect(await program.start()).toMatchObject({ code: 0, stderr: '' });
    expect((await statusOf(program)).lease).toMatchObject({ state: 'standby', holder: 'web-1' });
    process.kill(pid, 'SIGTERM');
    await program.told('run');
    await module.ended(pid);
    const last = program.pid();
    process.kill(last, 'SIGTERM');
    await program.ended(last);
    // Its server was closed, so there was nothing left to do.
    expect(await look(order.key).look()).toBeNull();
  });

  test.skipIf(notRoot)('a daemon that has given up root writes its state through the descriptor, and leaves nothing in it', async () => {
    const box = sandbox();
    const key = newKey();
    const one = host(box, 'web-1', { engine: 'etcd', url, key, options: { user: OTHER, stderr: null } });
    await box.launch('', { executable: 'chmod', args: ['777', one.directory] });
    await box.launch('', { executable: 'chmod', args: ['+t', one.directory] });
    expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
    const pid = await until(() => one.pid() || undefined, { what: 'the pid' });
    expect(observe(pid).uids).toEqual([OTHER, OTHER, OTHER, OTHER]);
    expect((await statusOf(one)).lease).toMatchObject({ state: 'leading', pid });
    const { fds } = observe(pid);
    expect(fds.filter(({ target }) => target.includes('daemon.state')).map(({ closeOnExec }) => closeOnExec)).toEqual([true]);
    expect((await one.verb('stop')).code).toBe(0);
    expect(existsSync(`${one.directory}/daemon.state`)).toBe(false);
  });

  test('the state file is only information: another process’s record, garbage and control characters count for nothing', async () => {
    const box = sandbox();
    const one = host(box, 'web-1', { engine: 'etcd', url, key: newKey() });
    await one.start();
    const file = `${one.directory}/daemon.state`;
    const text = readFileSync(file, 'utf8');
    const { pid } = await statusOf(one);
    const leaseFor = async (change: object) => {
      writeFileSync(file, `lease ${JSON.stringify({ ...JSON.parse(text.slice(6)), ...change })}\n`);
      return (await statusOf(one)).lease;
    };
    expect(await leaseFor({ holder: 'a\u001b[2Jb\u009b\nc' })).toMatchObject({ holder: 'a[2Jbc' });
    expect(await leaseFor({ token: '1; rm -rf /', since: 'soon', holderPid: -1 })).toMatchObject({ token: null, since: null, pid: null });
    for (const change of [{ pid: (pid ?? 0) + 1 }, { state: 'king' }, { key: '' }, { key: 7 }]) expect(await leaseFor(change)).toBeNull();
    for (const garbage of ['', 'lease', 'lease {', 'lease null\n', '\0'.repeat(10_000)]) {
      writeFileSync(file, garbage);
      expect((await statusOf(one)).lease).toBeNull();
    }
    expect(existsSync(file)).toBe(true);
  });

  test('a second start is refused, and takes nothing from the first', async () => {
    const box = sandbox();
    const key = newKey();
    const leader = await look(key).acquire();
    const one = host(box, 'web-1', { engine: 'etcd', url, key });
    await one.start();
    const isRefused = async (state: string) => {
      const before = await statusOf(one);
      expect(before.lease).toMatchObject({ state });
      expect(await one.start()).toMatchObject({ code: 1, stderr: expect.stringContaining('AlreadyLockedError') });
      expect(await statusOf(one)).toEqual(before);
    };
    await isRefused('standby');
    await leader.release();
    await until(async () => (await statusOf(one)).lease?.['state'] === 'leading', { what: 'its reign' });
    await isRefused('leading');
  });
});
