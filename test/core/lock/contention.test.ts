import { readFileSync, statSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { holdLock, kill } from '../hold.ts';
import { mutant } from '../mutant.ts';
import { contend, WAYS } from './contend.ts';

test.each(WAYS.map((way) => [way.where, way] as const))(
  'one owner at a time: 8 processes, no overlap, no lost update, %s',
  async (_, way) => {
    expect(await contend(sandbox(), way, 30)).toEqual({ overlaps: 0, counted: 240 });
  },
  90_000,
);

test('without the inode check the same test sees several owners at a time', async () => {
  const box = sandbox();
  const core = await mutant(box, 'lock/acquire.ts', 'const now = lstatOrNull(path);', 'const now = stat;');
  const seen = await contend(box, WAYS[0], 100, { core });
  expect(seen.overlaps).toBeGreaterThan(0);
  expect(seen.counted).toBeLessThan(800);
}, 90_000);

test('simultaneous acquires have one winner, and the losers learn its pid', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const contenders = Array.from({ length: 16 }, () => box.spawn(fixture('lock-rounds'), { args: [path], stdin: 'pipe' }));
  const lines = (index: number) => (contenders[index]?.stdout ?? '').split('\n').slice(0, -1);
  const allHaveSaid = async (count: number) => {
    const missing = () => contenders.flatMap(({ pid, stderr }, index) => (lines(index).length === count ? [] : `${pid} ${stderr}`)).join();
    await until(() => missing() === '' || Promise.reject(new Error(`none of ${missing()}`)), { what: `${count} answers`, interval: 1 });
    return contenders.map((_, index) => lines(index)[count - 1] ?? '');
  };
  const tellAll = (line: string, count: number) => {
    for (const { child } of contenders) child.stdin?.write(`${line}\n`);
    return allHaveSaid(count);
  };
  await allHaveSaid(1);
  for (let round = 0; round < 50; round++) {
    const moment = process.hrtime.bigint() + 4_000_000n;
    const answers = await tellAll(String(moment), 2 * round + 2);
    const winners = answers.flatMap((answer, index) => (answer === 'won' ? [contenders[index]?.pid] : []));
    expect(winners, answers.join()).toHaveLength(1);
    for (const answer of answers) expect(['won', `lost ${winners[0]}`, 'lost null']).toContain(answer);
    await tellAll('end', 2 * round + 3);
  }
}, 60_000);

test('a loser leaves content, mode, times and inode of the holder alone', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const holder = await holdLock(box, path);
  const before = { ...statSync(path, { bigint: true }), atimeNs: 0n };
  for (let tries = 0; tries < 20; tries++) {
    const told = await box.launch('lock-try', { args: [path, JSON.stringify({ mode: 0o600 })] });
    expect(JSON.parse(told.stdout)).toMatchObject({ name: 'AlreadyLockedError', code: 'ERR_ALREADY_LOCKED', pid: holder.pid, path });
    if (tries === 0) expect(JSON.parse(told.stdout).message).toContain(`held by pid ${holder.pid};`);
    if (tries > 2) break;
  }
  expect(() => new PidLockFile(path, { mode: 0o600 }).acquireSync()).toThrow(expect.objectContaining({ pid: holder.pid }));
  expect(() => new PidLockFile(path).seal()).toThrow(expect.objectContaining({ pid: holder.pid }));
  const after = { ...statSync(path, { bigint: true }), atimeNs: 0n };
  for (const key of ['ino', 'mode', 'size', 'mtimeNs', 'ctimeNs', 'nlink'] as const) expect([key, after[key]]).toEqual([key, before[key]]);
  expect(readFileSync(path, 'utf8')).toBe(`${holder.pid}\n`);
  holder.child.stdin?.write('release\n');
  await holder.finished;
  expect(new PidLockFile(path).check()).toBe('missing');
});

test('a holder that has not sealed yet is met at once, and has no pid', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  await holdLock(box, path, 'acquire');
  const lock = new PidLockFile(path);
  expect(() => lock.acquireSync()).toThrow(expect.objectContaining({ name: 'AlreadyLockedError', pid: null }));
  expect([lock.check(), lock.readPid(), lock.isActive(), lock.isStale()]).toEqual(['running', null, true, false]);
});

test('the lock is free at the end of a killed holder, 15 times', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  for (let round = 0; round < 15; round++) {
    const holder = await holdLock(box, path);
    expect(new PidLockFile(path).check()).toBe('running');
    await kill(holder);
    const next = new PidLockFile(path);
    expect([next.check(), next.isStale(), next.readPid()]).toEqual(['stale', true, holder.pid]);
    expect(next.seal().readPid()).toBe(process.pid);
    next.release();
  }
}, 60_000);
