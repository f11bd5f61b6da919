import { readFileSync, rmSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { commandBox, expectNothingLeft, IDLE } from './command.ts';

const VERBS = ['stop', 'restart', 'reload', 'status', 'describe', 'env', 'pid', 'delete', 'logs', 'start'];

test('an unknown name: 5, and the name that was probably meant, with every verb', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  const told = await Promise.all(VERBS.map((verb) => command.run([verb, 'wbe'])));
  for (const each of told) expect(each).toMatchObject({ code: 5, stdout: '', stderr: "no daemon 'wbe'; did you mean 'web'?\n" });
  expect(await command.run(['stop', 'web', 'quite-another'])).toMatchObject({
    code: 5,
    stderr: "no daemon 'quite-another'; see the names with: daemonium list\n",
  });
  expect((await command.one('web')).state).toBe('running');
});

test('a word without the ending of its script: the script that was probably meant', async () => {
  const command = commandBox();
  command.program('server.cjs', IDLE);
  expect(await command.run(['start', 'server'])).toMatchObject({ code: 5, stderr: "no daemon 'server'; did you mean 'server.cjs'?\n" });
});

test('a mistyped script, a directory with a main file, and help as a verb', async () => {
  const command = commandBox();
  command.program('srv.cjs', IDLE);
  expect((await command.run(['start', 'svr.cjs'])).stderr).toBe(
    `there is no script '${command.box.path('svr.cjs')}'; did you mean 'srv.cjs'?\n`,
  );
  command.program('package.json', '{ "main": "srv.cjs" }');
  expect(await command.done('start', '.')).toMatch(/^srv started, pid \d+\n$/);
  expect(await command.done('help', 'stop')).toMatch(/^Usage: daemonium stop /);
  expect(await command.done('help')).toMatch(/^Usage: daemonium \[options\] \[command\]/);
});

test('another name for a declared daemon is refused, and not ignored', async () => {
  const command = commandBox();
  const script = command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  expect(await command.run(['start', 'web', '--name', 'api'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `--name cannot go with 'web', a daemon that has its name. To run its script under another name: daemonium start ${script} --name api\n`,
  });
  expect((await command.list()).map(({ name }) => name)).toEqual(['web']);
});

test('a script that is not there: 1, and nothing is declared', async () => {
  const command = commandBox();
  for (const word of ['missing.js', './missing', '/nowhere/missing']) {
    const { code, stderr } = await command.run(['start', word]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^there is no script '\/.*missing(\.js)?'\n$/) });
  }
  await expectNothingLeft(command);
});

test('a script that was moved: 1, and its declaration stays', async () => {
  const command = commandBox();
  const { renameSync } = await import('node:fs');
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  renameSync(command.box.path('web.cjs'), command.box.path('moved.cjs'));
  const before = await command.one('web');
  // What runs is not stopped for a restart that cannot work.
  expect(await command.run(['restart', 'web'])).toMatchObject({
    code: 1,
    stderr: `web: there is no script '${command.box.path('web.cjs')}'\n`,
  });
  expect(await command.one('web')).toMatchObject({ state: 'running', pid: before.pid });
  await command.done('stop', 'web');
  expect((await command.run(['start', 'web'])).code).toBe(1);
  expect((await command.one('web')).state).toBe('stopped');
});

test('the same name for another script: refused, and --replace takes it', async () => {
  const command = commandBox();
  const one = command.program('one.cjs', IDLE);
  const two = command.program('two.cjs', IDLE);
  await command.done('start', 'one.cjs', '--name', 'web');
  const before = await command.one('web');
  const { code, stderr } = await command.run(['start', 'two.cjs', '--name', 'web']);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `The name 'web' is taken: it stands for '${one}', and not for '${two}'. Choose another name, delete 'web' first, or start with --replace\n`,
  );
  expect(await command.one('web')).toMatchObject({ pid: before.pid, script: one });
  await command.done('start', 'two.cjs', '--name', 'web', '--replace');
  const after = await command.one('web');
  expect(after).toMatchObject({ state: 'running', script: two });
  expect(isRunning(before.pid as number)).toBe(false);
});

test('a known name with other options is declared anew; if it runs, the command says how to restart it', async () => {
  const command = commandBox();
  command.program('web.cjs', `console.log(process.env.COLOUR, process.argv[2]); ${IDLE}`);
  await command.done('start', 'web.cjs', '--env', 'COLOUR=red', '--', 'word');
  const pid = (await command.one('web')).pid;
  // One that would not change is not written again: each write waits for the disk.
  const { ino } = statSync(command.state('web.json'));
  expect(await command.done('start', 'web')).toBe(`web is already running, pid ${pid}\n`);
  await command.done('restart', 'web');
  expect(statSync(command.state('web.json')).ino).toBe(ino);
  expect(await command.done('start', 'web', '--env', 'COLOUR=blue')).toBe(
    `web is already running, pid ${await command.done('pid', 'web').then((text) => text.trim())}, and is declared anew: restart to apply\n`,
  );
  expect(statSync(command.state('web.json')).ino).not.toBe(ino);
  await command.done('restart', 'web');
  expect(command.log('web')).toBe('red word\nred word\nblue word\n');
});

test('a declared name wins over a file of that name; a path does not', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('web', "console.log('the other');");
  await command.done('start', 'web.cjs');
  expect(await command.done('start', 'web')).toContain('web is already running');
  expect((await command.run(['start', './web'])).stderr).toContain("The name 'web' is taken");
});

test.each([
  [
    'start',
    ['start', 'web.cjs', '--name', 'a b'],
    "'a b' cannot be the name of a daemon: expected 1 to 64 of A-Z a-z 0-9 . _ @ -. Choose one with --name\n",
  ],
  ['all', ['start', 'web.cjs', '--name', 'all'], "another name: 'all' means all daemons"],
  ['a directory', ['start', 'web.cjs', '--name', '..'], 'a name, and no directory'],
  ['a path', ['start', 'web.cjs', '--name', '../x'], 'expected 1 to 64 of'],
  ['nothing', ['start'], 'nothing to start: give a script or a name'],
  ['no verb', [], 'Usage: daemonium'],
  ['an unknown verb', ['strat'], 'Did you mean start?'],
  ['an unknown option', ['list', '--jsn'], 'Did you mean --json?'],
  ['a bad value', ['stop', 'web', '--timeout', 'soon'], 'Expected milliseconds.'],
  ['a bad choice', ['start', 'web.cjs', '--ready', 'soon'], 'Allowed choices are started, listening, message.'],
  ['a bad variable', ['start', 'web.cjs', '--env', 'novalue'], 'Expected NAME=VALUE.'],
  ['one word too many', ['start', 'web.cjs', 'more'], 'too many arguments'],
  ['options that go with nothing', ['start', 'all', '--env', 'A=1'], "--env cannot go with 'all'"],
])('bad usage, %s: 2, before anything is made', async (_, words, text) => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const { code, stdout, stderr } = await command.run(words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(text);
  expect(() => readFileSync(command.state())).toThrow('ENOENT');
});

// Node itself takes --env-file from anywhere before `--`, and so tells of a missing file before the command does.
test.each([
  ['an env file that is not there', ['--env-file', 'missing.env'], 9, 'missing.env: not found\n'],
  ['a directory that is not there', ['--cwd', '/missing'], 1, "Option 'workingDirectory': expected a usable path (ENOENT"],
  ['a user that does not exist', ['--user', 'no-such-user'], 1, 'Option \'user\': expected a user that exists, got "no-such-user"'],
  ['a port that is none', ['--listen', '99999'], 2, "Option 'listen[0]': expected a port, 0 to 65535, got 99999"],
  ['an option that Node does not have', ['--node-args', '--no-such-option'], 1, 'bad option: --no-such-option'],
  ['a config file that is not there', ['--config', 'missing.json'], 1, "there is no config file '"],
])('a bad value, %s: told, and nothing is left', async (_, options, code, text) => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  expect(await command.run(['start', 'web.cjs', ...options])).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
  await expectNothingLeft(command);
});

test('a bad value for a known name: the daemon goes on as it was', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  const before = await command.one('web');
  command.program('web.env', 'A=1');
  await command.done('start', 'web', '--env-file', 'web.env');
  rmSync(command.box.path('web.env'));
  expect(await command.run(['restart', 'web'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^web: the env file '.*web\.env' cannot be read: ENOENT/),
  });
  expect(await command.one('web')).toMatchObject({ state: 'running', pid: before.pid });
});
