import { existsSync, writeFileSync } from 'node:fs';
import { AlreadyLockedError, getPid, makePidFile, NotMyLockError, PidLockFile, pidFilePath, removePidFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock } from '../hold.ts';

const listeners = () => (['exit', 'SIGINT', 'SIGTERM'] as const).map((name) => process.listenerCount(name));

test('makes, reads and removes; the handlers go with the last file', () => {
  const { directory } = sandbox();
  const before = listeners();
  const lock = makePidFile('a', { directory, instance: 1, mode: 0o600 });
  expect([lock.path, lock.isPrimary()]).toEqual([`${directory}/1-a.pid`, true]);
  expect(getPid('a', { directory, instance: 1 })).toBe(process.pid);
  const second = makePidFile('b', { directory });
  expect(listeners()).toEqual(before.map((count) => count + 1));
  second.release();
  expect(listeners()).toEqual(before.map((count) => count + 1));
  removePidFile('a', { directory, instance: 1 });
  expect([lock.isLocked(), existsSync(lock.path), getPid('a', { directory, instance: 1 })]).toEqual([false, false, null]);
  expect(listeners()).toEqual(before);
});

test('a file that cannot be made leaves no handler', async () => {
  const box = sandbox();
  const before = listeners();
  await holdLock(box, box.path('a.pid'));
  expect(() => makePidFile('a', { directory: box.directory })).toThrow(AlreadyLockedError);
  expect(() => makePidFile('a', { directory: box.path('missing') })).toThrow(/ENOENT/);
  expect(() => makePidFile('a', { directory: box.directory, timeuot: 5 } as object)).toThrow("Option 'timeuot'");
  expect(listeners()).toEqual(before);
});

test('removePidFile(): stale ones, missing ones, those of others', async () => {
  const box = sandbox();
  const { directory } = box;
  removePidFile('a', { directory });
  writeFileSync(box.path('a.pid'), '77\n');
  removePidFile('a', { directory });
  expect(existsSync(box.path('a.pid'))).toBe(false);
  const own = new PidLockFile(pidFilePath('a', { directory })).seal();
  removePidFile('a', { directory });
  expect([own.isLocked(), existsSync(own.path)]).toEqual([false, false]);
  const holder = await holdLock(box, box.path('a.pid'));
  expect(() => removePidFile('a', { directory })).toThrow(NotMyLockError);
  expect(() => removePidFile('a', { directory })).toThrow(String(holder.pid));
  expect(getPid('a', { directory })).toBe(holder.pid);
});

/** A process with a pid file that goes on as `how` says. */
function made(box: Sandbox, how: string) {
  return box.spawn(fixture('pidfile-made'), { args: [box.directory, how] });
}

test.each([
  ['exit', 3],
  ['throw', 1],
  ['end', 4],
])('the file goes at the end of a process by %s', async (how, code) => {
  const box = sandbox();
  expect(await made(box, how).finished).toMatchObject({ code, stdout: 'made\n' });
  expect(existsSync(box.path('made.pid'))).toBe(false);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the process as it would have, and the file goes', async (signal) => {
  const box = sandbox();
  const process_ = made(box, 'wait');
  await until(() => process_.stdout.includes('made'), { what: 'the file' });
  process_.child.kill(signal);
  expect(await process_.finished).toMatchObject({ signal, code: null });
  expect(existsSync(box.path('made.pid'))).toBe(false);
});

test("the program's own listener is kept and decides; the file goes at exit", async () => {
  const box = sandbox();
  const process_ = made(box, 'own');
  await until(() => process_.stdout.includes('made'), { what: 'the file' });
  process_.child.kill('SIGTERM');
  await until(() => process_.stdout.includes('own true'), { what: 'its own listener' });
  expect(getPid('made', { directory: box.directory })).toBe(process_.pid);
  // For the other signal it has none.
  process_.child.kill('SIGINT');
  expect(await process_.finished).toMatchObject({ signal: 'SIGINT' });
  expect(existsSync(box.path('made.pid'))).toBe(false);
});

test('a listener for once, set before the file was made, decides too', async () => {
  const box = sandbox();
  const process_ = made(box, 'own-once');
  await until(() => process_.stdout.includes('made'), { what: 'the file' });
  process_.child.kill('SIGTERM');
  expect(await process_.finished).toMatchObject({ code: 5, signal: null, stdout: 'made\nown\n' });
  expect(existsSync(box.path('made.pid'))).toBe(false);
});

test('a released file leaves nothing behind in the process', async () => {
  expect(await made(sandbox(), 'release').finished).toMatchObject({ code: 0, stdout: 'made\ntrue\n' });
});

test('the handlers are there before the pid can be read', async () => {
  const box = sandbox();
  expect(await box.launch('pidfile-early-signal', { args: [box.directory] })).toMatchObject({ stdout: '1\n', stderr: '' });
});

test('as pid 1 of a container, which a signal without a handler does not end', async (t) => {
  t.skip(process.getuid?.() !== 0, 'needs root');
  const box = sandbox();
  const script = `process.argv[2] = ${JSON.stringify(box.directory)}; await import(${JSON.stringify(fixture('pidfile-made'))})`;
  writeFileSync(box.path('one.mjs'), script);
  const process_ = box.spawn('--pid', { executable: 'unshare', args: ['--fork', '--kill-child', process.execPath, box.path('one.mjs')] });
  await until(() => process_.stdout.includes('made'), { what: 'the file' });
  const inside = box.spawn('-c', { executable: 'sh', args: [`kill -TERM $(cat /proc/${process_.pid}/task/${process_.pid}/children)`] });
  await inside.finished;
  expect(await process_.finished).toMatchObject({ code: 128 + 15 });
  expect(existsSync(box.path('made.pid'))).toBe(false);
});
