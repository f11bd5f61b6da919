import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Daemon } from '@daemonium/daemon';
import { expect, onTestFinished, test, vi } from 'vitest';
import { announced } from '../../packages/cli/src/start/start-daemon.ts';
import { stopDaemon } from '../../packages/cli/src/verbs/stop.ts';
import { declarationOf, makePlaces, noteStarted, ownPlaces } from '../../packages/core/src/registry/index.ts';
import { lockHolders } from '../helpers/lock-probe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, expectNothingLeft, IDLE } from './command.ts';

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

test('a stop is noted before the daemon is signalled, and not if it cannot be stopped', async () => {
  const command = commandBox();
  command.program(
    'web.cjs',
    `const { existsSync, appendFileSync } = require('node:fs');
     process.on('SIGTERM', () => { appendFileSync('seen', existsSync('state/daemonium/web.started') + ' '); process.exit(); }); ${IDLE}`,
  );
  await command.done('start', 'web.cjs');
  await command.done('restart', 'web');
  await command.done('stop', 'web');
  await command.done('start', 'web');
  expect(readFileSync(command.box.path('seen'), 'utf8')).toBe('false false ');
  // Nothing is proved by a pid file that names another process.
  const pid = readFileSync(command.state('web.pid'), 'utf8');
  writeFileSync(command.state('web.pid'), `${process.pid}\n`);
  expect(await command.run(['stop', 'web'])).toMatchObject({ code: 1, stdout: '' });
  writeFileSync(command.state('web.pid'), pid);
  expect(JSON.parse(readFileSync(command.state('web.started'), 'utf8'))).toMatchObject({ node: process.version });
  expect((await command.one('web')).state).toBe('running');
});

test('a stop of a daemon that did not run is no failure when a start has the lock by then', async () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  const declaration = declarationOf(places, { name: 'web', by: 'command', script: command.program('web.cjs', IDLE) });
  await command.done('start', 'web.cjs');
  // As it was a moment ago.
  vi.spyOn(Daemon.prototype, 'stop').mockRejectedValue(Object.assign(new Error('not running'), { code: 'ERR_NOT_RUNNING' }));
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await stopDaemon(places, declaration, {})).toBe('web is not running');
  expect((await command.one('web')).state).toBe('running');
});

test('a start whose daemon another command stops has worked; one whose daemon ends by itself has not', async () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  makePlaces(places);
  const declaration = declarationOf(places, { name: 'web', by: 'command', script: command.program('web.cjs', IDLE) });
  const ended = { daemon: { pid: process.pid }, logs: () => '' };
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const complained = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await announced(places, declaration, ended, 'started')).toBe(0);
  expect(said.mock.calls.join()).toMatch(/^web started, pid \d+; another command has stopped it after \d+ ms\n$/);
  noteStarted(places, 'web', '');
  expect(await announced(places, declaration, ended, 'started')).toBe(1);
  expect(complained.mock.calls.join()).toMatch(/web started, and ended after \d+ ms\n$/);
});

test('a start that Ctrl-C ends is undone, and its name is free; so is that of a program with control()', async () => {
  const command = commandBox();
  const slow = command.program('slow.cjs', IDLE);
  const daemon = fileURLToPath(import.meta.resolve('@daemonium/daemon'));
  const own = command.program(
    'own.mjs',
    `import { control, Daemon } from '${daemon}';
     await control(new Daemon({ name: 'own', pidFile: '${command.box.path('own.pid')}', waitForReady: true, target: () => void setInterval(() => {}, 1_000) }), { register: true });`,
  );
  const starts = [
    ['slow', command.spawn(['start', slow, '--ready', 'message'])],
    ['own', command.box.spawn(own, { args: ['start'], env: { XDG_STATE_HOME: command.box.path('state') } })],
  ] as const;
  for (const [name, start] of starts) {
    await until(async () => (await command.one(name)).pid !== null, { what: `the daemon ${name}` });
    start.child.kill('SIGINT');
    expect((await start.finished).code).toBe(130);
  }
  await expectNothingLeft(command);
  expect(readdirSync(command.state())).toEqual(['logs']);
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
