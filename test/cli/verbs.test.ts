import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE, SERVER } from './command.ts';

test('list: a table for people, JSON for programs; a word for an empty one', async () => {
  const command = commandBox();
  expect(await command.run(['list'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'no daemons yet; start one with: daemonium start SCRIPT\n',
  });
  expect(await command.list()).toEqual([]);
  command.program('web.cjs', SERVER);
  await command.done('start', 'web.cjs', '--ready', 'listening');
  await command.done('start', 'web.cjs', '--name', 'b-2');
  await command.done('stop', 'b-2');
  const [head, stopped, running, ...rest] = (await command.done('ls')).split('\n');
  expect(head).toMatch(/^NAME +STATE +PID +UPTIME +RESTARTS +CPU +MEMORY +BOOT +LOG$/);
  expect(stopped).toMatch(/^b-2 +stopped( +-){6} +\/.*\/logs\/b-2\.log$/);
  expect(running).toMatch(/^web +running +\d+ +\d+m?s +0 +\d+% +\d+ MB +- +\/.*\/logs\/web\.log$/);
  expect(rest).toEqual(['']);
  const [, row] = await command.list();
  expect(row?.memory).toBeGreaterThan(10_000_000);
  expect(new Date(row?.since ?? 0).getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test('status: the exit codes of the LSB, and of several the highest', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  await command.done('start', 'web.cjs', '--name', 'killed');
  await command.done('start', 'web.cjs', '--name', 'stopped');
  const { pid } = await command.one('killed');
  process.kill(pid as number, 'SIGKILL');
  await until(() => !isRunning(pid as number), { what: 'its end' });
  await command.done('stop', 'stopped');
  expect(await command.run(['status', 'web'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^web is running, pid \d+, for \d+m?s\n$/),
  });
  expect(await command.run(['status', 'killed'])).toMatchObject({
    code: 1,
    stdout: `killed has crashed, and left its pid file '${command.state('killed.pid')}'\n`,
  });
  expect(await command.run(['status', 'stopped'])).toMatchObject({ code: 3, stdout: 'stopped is stopped\n' });
  expect((await command.run(['status', 'web', 'killed', 'stopped'])).code).toBe(3);
  expect((await command.run(['status', 'all', '--json'])).code).toBe(3);
  // A stop of what is dead is done already, and takes what it left.
  expect(await command.done('stop', 'killed')).toBe('killed is not running\n');
  expect(existsSync(command.state('killed.pid'))).toBe(false);
  expect(await command.run(['status', 'killed'])).toMatchObject({ code: 3, stdout: 'killed is stopped\n' });
  expect(await command.run(['reload', 'killed'])).toMatchObject({ code: 7, stderr: 'killed is not running\n' });
  expect(await command.run(['reload', 'all'])).toMatchObject({ code: 0, stdout: 'web was told to reload\n' });
});

test('restart: another process, with the environment of now; the declaration stays', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  expect((await command.run(['start', 'web.cjs', '--env', 'NAMED=one'], { env: { CALLER: 'first', GONE: 'yes' } })).code).toBe(0);
  const first = Number(await command.done('pid', 'web'));
  const { stdout } = await command.run(['restart', 'web'], { env: { CALLER: 'second' } });
  const second = Number(await command.done('pid', 'web'));
  expect(stdout).toBe(`web restarted, pid ${second}\n`);
  expect(second).not.toBe(first);
  expect(isRunning(first)).toBe(false);
  const { environment, differing } = JSON.parse(await command.done('env', 'web', '--json'));
  expect(environment).toMatchObject({ CALLER: 'second', NAMED: 'one' });
  expect(environment).not.toHaveProperty('GONE');
  expect(environment).not.toHaveProperty('DAEMONIUM_START');
  expect(differing).toEqual([]);
  await command.done('start', 'web', '--env', 'NAMED=two', '--env', 'NEW=three');
  expect((await command.done('env', 'web')).split('\n')).toEqual(
    expect.arrayContaining([
      'CALLER=second',
      'NAMED=one  # declared: two; restart to apply',
      '# NEW is declared as three, and not set; restart to apply',
    ]),
  );
});

test('variables that npx adds are not handed on', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const [path, front] = [process.env['PATH'], '/app/node_modules/.bin:/node_modules/.bin:/npm/lib/node-gyp-bin'];
  const ofNpm = { npm_command: 'exec', npm_config_cache: '/x', NODE: '/x', COLOR: '1', INIT_CWD: '/x' };
  // In a script of npm's, whose own directories stay.
  await command.run(['start', 'web.cjs'], { env: { ...ofNpm, PATH: `${front}:/own/lib/node-gyp-bin:${path}`, EDITOR: 'ed' } });
  const { environment } = JSON.parse(await command.done('env', 'web', '--json'));
  expect(Object.keys(environment).filter((name) => name.startsWith('npm_') || name in ofNpm)).toEqual([]);
  expect(environment).toMatchObject({ PATH: `/own/lib/node-gyp-bin:${path}`, EDITOR: 'ed' });
  await command.run(['restart', 'web'], {
    env: { npm_command: 'run-script', npm_package_name: 'x', NODE: '/x', PATH: `${front}:${path}` },
  });
  expect(JSON.parse(await command.done('env', 'web', '--json')).environment).toMatchObject({
    npm_package_name: 'x',
    NODE: '/x',
    PATH: `${front}:${path}`,
  });
});

test('delete forgets, and leaves the logs, unless they are asked for', async () => {
  const command = commandBox();
  command.program('web.cjs', `console.log('here'); ${IDLE}`);
  await command.done('start', 'web.cjs');
  await command.done('start', 'web.cjs', '--name', 'web.log');
  const { pid } = await command.one('web');
  writeFileSync(command.state('logs/web.log.1.gz'), '');
  expect(await command.done('delete', 'web')).toBe(`web stopped, pid ${pid}\nweb deleted\n`);
  expect(command.log('web')).toBe('here\n');
  expect((await command.list()).map(({ name }) => name)).toEqual(['web.log']);
  await command.done('start', 'web.cjs');
  await command.done('delete', 'web', '--logs');
  for (const file of ['web.json', 'web.pid', 'web.started', 'logs/web.log', 'logs/web.log.1.gz'])
    expect(existsSync(command.state(file)), file).toBe(false);
  expect(command.log('web.log')).toBe('here\n');
});

test('after a reboot: stopped, not at boot; a daemon that another version started is marked', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  const started = JSON.parse(readFileSync(command.state('web.started'), 'utf8'));
  expect(started).toMatchObject({ node: process.version });
  const note = (changes: object) =>
    writeFileSync(command.state('web.started'), JSON.stringify({ ...started, ...changes }), { mode: 0o600 });
  note({ node: 'v18.1.0', daemonium: '0.0.1' });
  expect(await command.done('list')).toContain('running (Node 18.1.0, daemonium 0.0.1)');
  expect(await command.one('web')).toMatchObject({ state: 'running', outdated: 'Node 18.1.0, daemonium 0.0.1' });
  const { pid } = await command.one('web');
  process.kill(pid as number, 'SIGKILL');
  await until(() => !isRunning(pid as number), { what: 'its end' });
  expect((await command.one('web')).state).toBe('crashed');
  note({ boot: '00000000-0000-0000-0000-000000000000' });
  expect(await command.done('list')).toContain('stopped, not at boot');
  await command.done('start', 'web');
  expect((await command.one('web')).state).toBe('running');
});

test('describe and every --json', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs', '--', 'two words');
  const { pid } = await command.one('web');
  expect(await command.done('describe', 'web')).toMatch(
    new RegExp(`^name +web\nstate +running\npid +${pid}\n[\\s\\S]*arguments +'two words'\n`),
  );
  for (const words of [['list'], ['status', 'web'], ['describe', 'web'], ['env', 'web'], ['doctor']]) {
    expect(JSON.parse((await command.run([...words, '--json'])).stdout), words.join(' ')).toBeTypeOf('object');
  }
});

test('stop --timeout kills a daemon that does not end', async () => {
  const command = commandBox();
  command.program('deaf.cjs', `process.on('SIGTERM', () => {}); ${IDLE}`);
  await command.done('start', 'deaf.cjs');
  const pid = (await command.done('pid', 'deaf')).trim();
  expect(await command.done('stop', 'deaf', '--timeout', '100')).toBe(`deaf stopped, pid ${pid}; it had to be killed\n`);
});
