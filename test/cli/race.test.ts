import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockHolders } from '../helpers/lock-probe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { commandBox, IDLE } from './command.ts';

test('starts of one name at once: one daemon, and everybody is told of it', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const told = await Promise.all(Array.from({ length: 6 }, () => command.run(['start', 'web.cjs'])));
  const pid = Number(readFileSync(command.state('web.pid'), 'utf8'));
  expect(told.map(({ code, stderr }) => ({ code, stderr }))).toEqual(told.map(() => ({ code: 0, stderr: '' })));
  expect(told.map(({ stdout }) => stdout).sort()).toEqual([
    ...Array(5).fill(`web is already running, pid ${pid}\n`),
    `web started, pid ${pid}\n`,
  ]);
  expect(carriersOf(command.box.token)).toEqual([pid]);
  expect(lockHolders(command.state('web.pid'))).toEqual([pid]);
});

test('a start and a delete at once end as one after the other', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  const [deleted, started] = await Promise.all([command.run(['delete', 'web']), command.run(['start', 'web.cjs'])]);
  expect([deleted.code, started.code]).toEqual([0, 0]);
  const rows = await command.list();
  expect(carriersOf(command.box.token)).toEqual(rows.map(({ pid }) => pid));
});
