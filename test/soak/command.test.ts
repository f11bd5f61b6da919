import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { declarationOf, makePlaces, ownPlaces, writeDeclaration } from '../../packages/core/src/registry/index.ts';
import { commandBox, IDLE } from '../cli/command.ts';
import { lockHolders } from '../helpers/lock-probe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { partOf } from './part.ts';

const RACES = partOf(100);

test(`${RACES} starts of one name at once: one winner`, { timeout: 600_000 }, async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const told = await Promise.all(Array.from({ length: RACES }, () => command.run(['start', 'web.cjs'], { deadline: 300_000 })));
  const pid = Number(readFileSync(command.state('web.pid'), 'utf8'));
  expect(told.map(({ code }) => code)).toEqual(Array(RACES).fill(0));
  expect(told.filter(({ stdout }) => stdout === `web started, pid ${pid}\n`)).toHaveLength(1);
  expect(told.filter(({ stdout }) => stdout === `web is already running, pid ${pid}\n`)).toHaveLength(RACES - 1);
  expect(carriersOf(command.box.token)).toEqual([pid]);
  expect(lockHolders(command.state('web.pid'))).toEqual([pid]);
});

test('1,000 declarations: all are listed, and one is found among them', async () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  makePlaces(places);
  for (let index = 0; index < 1_000; index += 1) {
    writeDeclaration(places, declarationOf(places, { name: `d${index}`, by: 'command', script: command.box.path('web.cjs') }));
  }
  command.program('web.cjs', IDLE);
  await command.done('start', 'd500');
  const rows = await command.list();
  expect(rows).toHaveLength(1_000);
  expect(rows.filter(({ state }) => state === 'running').map(({ name }) => name)).toEqual(['d500']);
});
