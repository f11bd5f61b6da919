import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import type { Launched, LaunchOptions } from '../../helpers/launch.ts';
import { isRunning, statOf } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { pause, until } from '../../helpers/wait.ts';
import { eventsOf, inForeground, told } from '../subject.ts';

interface Receiver {
  readonly address: string;
  messages(): { text: string; at: number }[];
  texts(): string[];
  /** Waits for the n-th message. */
  nth(count: number): Promise<string[]>;
  readonly launched: Launched;
}

/** A service manager that listens, and what it has heard. */
async function manager(box: Sandbox, kind: 'path' | 'abstract' = 'path'): Promise<Receiver> {
  const address = kind === 'path' ? box.path('notify') : `@daemonium-${box.token}`;
  const launched = box.spawn('life-notify-receiver', { args: [address] });
  const lines = () => launched.stdout.split('\n').filter((line) => line.startsWith('{'));
  const messages = () => lines().map((line) => JSON.parse(line) as { text: string; at: number });
  const texts = () => messages().map(({ text }) => text);
  await until(() => launched.stdout.startsWith('"bound"'), { what: `the receiver; ${launched.stderr}` });
  // Everybody may write to systemd's.
  if (kind === 'path') chmodSync(address, 0o777);
  return {
    address,
    launched,
    messages,
    texts,
    nth: async (count) => {
      await until(() => texts().length >= count, { what: `${count} messages, after ${JSON.stringify(texts())}` });
      return texts();
    },
  };
}

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
  serve(box, systemd.address, { readyAfter: 200 });
  await told(box, 'serving');
  expect(await systemd.nth(1)).toEqual(['READY=1']);
  // And a SIGHUP before that says nothing of being ready.
  const other = sandbox();
  const second = await manager(other);
  const early = serve(other, second.address, { readyAfter: 1500 });
  await told(other, 'run');
  early.child.kill('SIGHUP');
  await told(other, 'reload');
  expect([second.texts(), eventsOf(other)]).toEqual([[], ['run', 'reload']]);
});

test('an asynchronous reload() is over when its promise is', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, { slowReload: true });
  await systemd.nth(1);
  service.child.kill('SIGHUP');
  await systemd.nth(3);
  const [, reloading, ready] = systemd.messages();
  expect((ready?.at ?? 0) - (reloading?.at ?? 0)).toBeGreaterThan(80);
});

test('WATCHDOG at half of its time, as long as the event loop turns', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const service = serve(box, systemd.address, {}, { env: { WATCHDOG_USEC: '400000' } });
  const texts = await systemd.nth(5);
  expect(texts).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  const [first, ...rest] = systemd.messages();
  const gaps = rest.map(({ at }, index) => at - (index === 0 ? (first?.at ?? 0) : (rest[index - 1]?.at ?? 0)));
  expect(Math.min(...gaps)).toBeGreaterThan(100);
  expect((rest.at(-1)?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(4 * 400);
  service.child.kill('SIGSTOP');
  await until(() => statOf(service.pid).state === 'T', { what: 'its stop' });
  // What was under way has come, and then no more does.
  await pause(300);
  const stopped = systemd.texts().length;
  await pause(600);
  expect(systemd.texts().length).toBe(stopped);
  service.child.kill('SIGCONT');
  await systemd.nth(stopped + 2);
});

test('nothing of it keeps a daemon going that is done', async () => {
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
  const service = serve(box, systemd.address, {}, { env });
  await systemd.nth(1);
  // Ten round trips of the event loop and more, at 10 ms a watchdog's.
  service.child.kill('SIGHUP');
  await systemd.nth(3);
  service.child.kill('SIGTERM');
  await service.finished;
  expect((await systemd.nth(4)).filter((text) => text.includes('WATCHDOG'))).toEqual([]);
});

test('detached: READY with MAINPID, by the launcher and before it can end; the watchdog is not the daemon’s', async () => {
  const box = sandbox();
  const systemd = await manager(box);
  const launcher = serve(box, systemd.address, { detach: true }, { env: { WATCHDOG_USEC: '20000', WATCHDOG_PID: '99999999' } });
  const { stdout, code } = await launcher.finished;
  expect([code, systemd.texts()[0]]).toEqual([0, `READY=1\nMAINPID=${stdout.trim()}`]);
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
  await told(box, 'run');
  service.child.kill('SIGHUP');
  await told(box, 'reload');
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

test('without NOTIFY_SOCKET koffi is not loaded', async () => {
  const box = sandbox();
  const service = box.spawn('life-service', { args: [box.directory, '{"detach":true}'], env: { NOTIFY_SOCKET: undefined } });
  const { stdout } = await service.finished;
  expect(readFileSync(`/proc/${stdout.trim()}/maps`, 'utf8')).not.toContain('koffi');
});
