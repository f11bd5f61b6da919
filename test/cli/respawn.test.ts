import { rmSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { commandBox, expectNothingLeft, IDLE } from './command.ts';

test('--respawn: back after a crash; the list counts, and shows a pause', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const told = await command.done('start', 'web.cjs', '--respawn');
  const first = await command.one('web');
  expect(told).toBe(`web started, pid ${first.pid}\n`);
  expect(first).toMatchObject({ state: 'running', restarts: 0, lastExit: null });
  process.kill(first.pid as number, 'SIGKILL');
  // The shell counts before it starts the next run, and that waits until then.
  const second = await until(
    async () => {
      const row = await command.one('web');
      return row.restarts === 1 && row.state === 'running' && row;
    },
    { what: 'its return' },
  );
  expect(second).toMatchObject({ lastExit: { code: null, signal: 'SIGKILL' } });
  expect(second.pid).not.toBe(first.pid);
  // A restart keeps what was declared.
  await command.done('restart', 'web');
  expect(await command.done('describe', 'web')).toMatch(/^respawn\s+yes$/m);
  await command.done('delete', 'web');
  await expectNothingLeft(command);
});

test('respawn in the config file, with its parts; a pause; the last exit of a daemon that stays down', async () => {
  const command = commandBox();
  command.program('web.cjs', `setInterval(() => require('node:fs').existsSync('go') && process.exit(7), 5);`);
  const go = command.box.path('go');
  const config = (respawn: unknown) =>
    writeFileSync(command.box.path('daemonium.config.json'), JSON.stringify({ daemons: { web: { script: 'web.cjs', respawn } } }));
  config('often');
  expect(await command.run(['start'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('daemons.web.respawn: expected true, false or an object'),
  });
  config({ delay: 25_000 });
  expect(await command.done('start')).toMatch(/^web started, pid \d+\n$/);
  writeFileSync(go, '');
  await until(async () => (await command.one('web')).nextTry !== null, { what: 'a pause' });
  expect(await command.run(['status', 'web'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^web is waiting, next try in \d+ s, exit 7\n$/),
  });
  expect(await command.done('list')).toMatch(/^web\s+waiting \d+ s, exit 7\s+-/m);
  // It counts as running, and there is no process to be asked about.
  for (const verb of ['pid', 'env'])
    expect(await command.run([verb, 'web'])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^web is waiting/) });
  expect(await command.done('start')).toMatch(/^web is already started, and is waiting/);
  const paused = await command.one('web');
  expect(paused).toMatchObject({ pid: null, restarts: 0, lastExit: { code: 7, signal: null } });
  // The same as the class says.
  const { pidFile } = JSON.parse(await command.done('describe', 'web', '--json'));
  const { running, ...status } = JSON.parse(JSON.stringify(new Daemon({ pidFile }).status()));
  expect([running, paused]).toEqual([true, expect.objectContaining(status)]);
  expect(await command.done('stop', 'web')).toMatch(/^web stopped/);
  config({ limit: 0 });
  rmSync(go);
  await command.done('start');
  writeFileSync(go, '');
  await until(async () => (await command.one('web')).state === 'crashed', { what: 'its end' });
  expect(await command.done('list')).toMatch(/^web\s+crashed \(7\)/m);
  await command.done('delete', 'web');
});
