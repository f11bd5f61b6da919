import { closeSync, openSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { flock, LOCK_EX, LOCK_NB } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock } from '../hold.ts';

/**
 * How often the event loop turned until an acquire was refused. Its timer is older than those of the acquire, so that one pause is one turn, however
 * busy the machine is; an acquire that blocks has none.
 */
async function turnsUntilRefused(acquire: () => Promise<unknown>): Promise<{ turns: number; name: string }> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    return await acquire().then(
      () => ({ turns, name: 'taken' }),
      (error: Error) => ({ turns, name: error.name }),
    );
  } finally {
    clearInterval(timer);
  }
}

test.each([undefined, 300])('a lock that others share does not block the event loop: timeout %s', async (timeout) => {
  const box = sandbox();
  const path = box.path('x.pid');
  writeFileSync(path, '');
  const sharer = box.spawn('-s', { executable: 'flock', args: [path, 'sh', '-c', 'echo shared; exec sleep 60'] });
  await until(() => sharer.stdout.includes('shared'), { what: 'the other one' });
  const { turns, name } = await turnsUntilRefused(() => new PidLockFile(path).acquire(timeout === undefined ? {} : { timeout }));
  expect(name).toBe('AlreadyLockedError');
  expect(turns).toBeGreaterThan(0);
});

test('a lock that is not sealed yet does not block the event loop, although its holder is looked for again and again', async () => {
  const box = sandbox();
  await holdLock(box, box.path('x.pid'), 'acquire');
  const { turns, name } = await turnsUntilRefused(() => new PidLockFile(box.path('x.pid')).acquire());
  expect([name, turns > 0]).toEqual(['AlreadyLockedError', true]);
});

test('an abort ends an acquire that does not wait, too', async () => {
  const box = sandbox();
  await holdLock(box, box.path('x.pid'), 'acquire');
  const controller = new AbortController();
  const waiting = new PidLockFile(box.path('x.pid')).acquire({ signal: controller.signal });
  const reason = new Error('no more');
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('the lock of a dead process is tried again: a child of it, between fork and exec, has it for a moment', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const { pid } = await box.launch('', { executable: 'true' });
  writeFileSync(path, `${pid}\n`);
  // As such a child: another open file has the lock, and lets go of it in the next turn.
  const child = openSync(path, 'r');
  flock(child, LOCK_EX | LOCK_NB);
  const lock = new PidLockFile(path);
  const waiting = lock.acquire();
  setImmediate(() => closeSync(child));
  expect((await waiting).isLocked()).toBe(true);
  lock.release();
  // One that stays is met like any holder; that it is dead, nobody is told to stop it.
  writeFileSync(path, `${pid}\n`);
  const kept = openSync(path, 'r');
  flock(kept, LOCK_EX | LOCK_NB);
  expect(() => lock.acquireSync()).toThrow(expect.objectContaining({ name: 'AlreadyLockedError', pid: null }));
  const { turns } = await turnsUntilRefused(() => lock.acquire());
  expect(turns).toBeGreaterThan(0);
  closeSync(kept);
});
