import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { callerOf } from '../../helpers/caller.ts';
import type { Launched, LaunchOptions } from '../../helpers/launch.ts';
import { isRunning } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { eventsOf, inForeground, waitForEvent } from '../subject.ts';
import { manager } from './manager.ts';

function serve(box: Sandbox, socket: string, options: object = {}, launch: LaunchOptions = {}): Launched {
  const { env, ...rest } = launch;
  return box.spawn('life-service', {
    args: [box.directory, JSON.stringify({ detach: false, ...options })],
    env: { NOTIFY_SOCKET: socket, ...env },
    ...rest,
  });
}

test.each(['path', 'abstract'] as const)('READY, RELOADING and READY, STOPPING, to a socket with a %s name', async (kind) => {
  const box = sandbox();
  const systemd = await manager(box, kind);
  const service = serve(box, systemd.address);
  expect(await systemd.nth(1)).toEqual(['READY=1']);
  const before = process.hrtime.bigint() / 1000n;
  service.child.kill('SIGHUP');
  const [, reloading = '', again] = await systemd.nth(3);
  const [, time = ''] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(reloading) ?? [];
  expect(again).toBe('READY=1');
  expect([BigInt(time) >= before, BigInt(time) <= process.hrtime.bigint() / 1000n]).toEqual([true, true]);
  expect(eventsOf(box)).toEqual(['run', 'reload']);
  service.child.kill('SIGTERM');
  expect((await service.finished).code).toBe(0);
  expect((await systemd.nth(4)).slice(3)).toEqual(['STOPPING=1']);
});

test('with waitForReady READY is the service’s word', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, { waits: true });
  await waitForEvent(box, 'run');
  // A SIGHUP before that says nothing of being ready.
  service.child.kill('SIGHUP');
  await waitForEvent(box, 'reload');
  writeFileSync(box.path('go'), '');
  expect(await systemd.nth(2)).toEqual(['SERVING', 'READY=1']);
});

test('an asynchronous reload() is over when its promise is', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, { slowReload: true });
  await systemd.nth(1);
  service.child.kill('SIGHUP');
  expect(await systemd.nth(4)).toEqual(['READY=1', expect.stringMatching(/^RELOADING=1\n/), 'RELOADED', 'READY=1']);
});

/** A timer beside the watchdog's. Both are of one event loop, which turns for both or for neither, so they take turns. */
const TICK = 100;
const watched = { WATCHDOG_USEC: String(2 * TICK * 1000) };

test('WATCHDOG at half of its time: between two ticks of a timer of that time there is one', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  serve(box, systemd.address, { tick: TICK }, { env: watched });
  await until(() => systemd.texts().filter((text) => text === 'TICK').length >= 6, { what: 'six ticks' });
  const texts = systemd.texts();
  expect(texts[0]).toBe('READY=1');
  const since = texts.slice(texts.indexOf('TICK'), texts.lastIndexOf('TICK'));
  expect(since).toEqual(since.map((_, index) => (index % 2 === 0 ? 'TICK' : 'WATCHDOG=1')));
});

test('WATCHDOG as long as the event loop turns', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, { tick: TICK, signalMap: { SIGUSR2: 'block' } }, { env: watched });
  await until(() => systemd.texts().includes('WATCHDOG=1'), { what: 'the watchdog' });
  service.child.kill('SIGUSR2');
  await until(() => systemd.texts().includes('UNBLOCKED'), { what: 'the end of the block' });
  await until(() => systemd.texts().lastIndexOf('WATCHDOG=1') > systemd.texts().indexOf('UNBLOCKED'), { what: 'the watchdog again' });
  const texts = systemd.texts();
  expect(texts.indexOf('UNBLOCKED')).toBe(texts.indexOf('BLOCKED') + 1);
});

test("the watchdog's timer keeps no daemon alive that is done", async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const env = { NOTIFY_SOCKET: systemd.address, WATCHDOG_USEC: '50000' };
  const subject = await inForeground(box, 'ends-later', { launch: { env } });
  expect((await subject.finished).code).toBe(0);
  expect((await systemd.nth(2)).slice(0, 2)).toEqual(['READY=1', 'WATCHDOG=1']);
});

test.each([
  ["another process's", { WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }],
  ['not a time', { WATCHDOG_USEC: 'soon' }],
  ['no time', { WATCHDOG_USEC: '0' }],
])('no WATCHDOG when it is %s', async (_why, env) => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, { tick: 20 }, { env });
  await until(() => systemd.texts().filter((text) => text === 'TICK').length >= 3, { what: 'three ticks' });
  service.child.kill('SIGTERM');
  await until(() => systemd.texts().includes('STOPPING=1'), { what: 'the last message' });
  expect(systemd.texts().filter((text) => text.includes('WATCHDOG'))).toEqual([]);
});

test('detached: READY with MAINPID, by the launcher and before start() resolves; the watchdog is not the daemon’s', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const launcher = serve(box, systemd.address, { detach: true }, { env: { WATCHDOG_USEC: '20000', WATCHDOG_PID: '99999999' } });
  const { stdout, code } = await launcher.finished;
  expect([code, await systemd.nth(1)]).toEqual([0, [`READY=1\nMAINPID=${stdout.trim()}`]]);
  process.kill(Number(stdout), 'SIGTERM');
  expect((await systemd.nth(2))[1]).toBe('STOPPING=1');
});

test.skipIf(notRoot)('the socket is reached before the rights are dropped, and from inside of a chroot', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  chmodSync(systemd.address, 0o700);
  const jail = box.path('jail');
  mkdirSync(join(jail, box.directory), { recursive: true });
  chownSync(join(jail, box.directory), OTHER, OTHER);
  const dropped = serve(box, systemd.address, { user: OTHER, group: OTHER, rootDirectory: jail });
  await systemd.nth(1);
  dropped.child.kill('SIGTERM');
  expect(await systemd.nth(2)).toEqual(['READY=1', 'STOPPING=1']);
});

test.each([
  ['missing', (box: Sandbox) => box.path('nothing')],
  ['relative', () => 'notify'],
  ['empty', () => ''],
  ['too long', () => `/${'x'.repeat(200)}`],
])('a socket that is %s disturbs nothing', async (_why, address) => {
  const box = sandbox();
  const service = serve(box, address(box), {}, { env: { WATCHDOG_USEC: '10000' } });
  await waitForEvent(box, 'run');
  service.child.kill('SIGHUP');
  await waitForEvent(box, 'reload');
  service.child.kill('SIGTERM');
  expect(await service.finished).toMatchObject({ code: 0, stderr: '' });
});

test('a manager that begins anew is heard of at once, and one that is gone disturbs nothing', async () => {
  const box = sandbox();
  const first = await manager(box, 'abstract');
  const service = serve(box, first.address);
  await first.nth(1);
  first.launched.child.kill('SIGKILL');
  await first.launched.finished;
  const second = await manager(box, 'abstract');
  service.child.kill('SIGHUP');
  expect(await second.nth(2)).toEqual([expect.stringMatching(/^RELOADING=1\n/), 'READY=1']);
  second.launched.child.kill('SIGKILL');
  await second.launched.finished;
  service.child.kill('SIGHUP');
  await until(() => eventsOf(box).length === 3, { what: 'the second reload' });
  expect(isRunning(service.pid)).toBe(true);
  service.child.kill('SIGTERM');
  expect((await service.finished).code).toBe(0);
});

test('a manager whose queue is full gets its messages when there is room again', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address);
  await systemd.nth(1);
  systemd.launched.child.kill('SIGSTOP');
  // net.unix.max_dgram_qlen is 10 unless somebody has raised it, and there are two messages a reload.
  for (let count = 1; count <= 8; count++) {
    service.child.kill('SIGHUP');
    await until(() => eventsOf(box).length === count + 1, { what: `reload ${count}` });
  }
  systemd.launched.child.kill('SIGCONT');
  const texts = await systemd.nth(17);
  expect(texts.filter((text) => text === 'READY=1').length).toBe(9);
});

test('without NOTIFY_SOCKET nothing is loaded that could tell it', async () => {
  const box = sandbox();
  const service = box.spawn('life-service', { args: [box.directory, '{"detach":true}'], env: { NOTIFY_SOCKET: undefined } });
  const { stdout } = await service.finished;
  expect(callerOf(Number(stdout))).toBe(null);
});
