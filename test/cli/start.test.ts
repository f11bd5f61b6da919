import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALONE } from '../daemon/program/start.ts';
import { childrenOf, environOf, isRunning, observe } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, expectNothingLeft, IDLE, MAIN, SERVER } from './command.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const strips = major > 22 || (major === 22 && minor >= 18);

test.each([
  ['CommonJS', 'web.cjs', `if (require.main !== module) throw new Error('not the main module'); ${SERVER}`],
  ['ESM', 'web.mjs', `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${SERVER}`],
])('a program in %s: running, by itself, found by ps, and ended', async (_, file, lines) => {
  const command = commandBox();
  const script = command.program(file, lines);
  const told = await command.done('start', file, '--ready', 'listening', '--', '--port', '0');
  const { pid, ...row } = await command.one('web');
  expect(told).toBe(`web started, pid ${pid}\n`);
  expect(row).toMatchObject({ state: 'running', script, restarts: 0, boot: null, outdated: null });
  const seen = observe(pid as number);
  expect(seen).toMatchObject({ cwd: command.box.directory, umask: '0077', tty: 0, coreLimit: { soft: '0', hard: '0' } });
  expect(seen.cmdline.slice(-3)).toEqual([script, '--port', '0']);
  await until(() => command.log('web') === 'listening --port 0\n', { what: 'the log' });
  expect(await command.done('stop', 'web')).toBe(`web stopped, pid ${pid}\n`);
  expect(isRunning(pid as number)).toBe(false);
  expect((await command.one('web')).state).toBe('stopped');
});

test.skipIf(!strips)('a program in TypeScript, where Node runs it', async () => {
  const command = commandBox();
  command.program('web.ts', `const word: string = 'typed'; console.log(word); ${IDLE}`);
  await command.done('start', 'web.ts');
  expect(command.log('web')).toContain('typed\n');
});

test("start waits for process.send('ready')", async () => {
  const command = commandBox();
  command.program('slow.cjs', `setTimeout(() => { console.log('up'); process.send('ready'); }, 200); ${IDLE}`);
  await command.done('start', 'slow.cjs', '--ready', 'message');
  expect(command.log('slow')).toBe('up\n');
});

test('a script that forks workers of a cluster: ready when a worker listens, and they end with it', async () => {
  const command = commandBox();
  command.program(
    'many.cjs',
    `const cluster = require('node:cluster');
     if (cluster.isPrimary) { cluster.fork(); cluster.fork(); process.on('SIGTERM', () => cluster.disconnect(() => process.exit(0))); }
     else require('node:http').createServer((_, answer) => answer.end()).listen(0, '127.0.0.1');`,
  );
  await command.done('start', 'many.cjs', '--ready', 'listening');
  const pid = Number(await command.done('pid', 'many'));
  const workers = await until(() => (childrenOf(pid).length === 2 ? childrenOf(pid) : null), { what: 'two workers' });
  await command.done('stop', 'many');
  await until(() => ![pid, ...workers].some(isRunning), { what: 'the end of all' });
});

test('a script that crashes at once: its error, exit code 1, and nothing is left', async () => {
  const command = commandBox();
  command.program('bad.cjs', 'console.log("to do"); console.error("about to"); throw new TypeError("on purpose");');
  const { code, stdout, stderr } = await command.run(['start', 'bad.cjs']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'to do\n' });
  expect(stderr).toMatch(/^about to\n/);
  expect(stderr).toMatch(/Daemon 'bad' failed: TypeError: on purpose\n$/);
  await expectNothingLeft(command);
});

test('a script that ends right after it has started: an error with its last words', async () => {
  const command = commandBox();
  // The lock is free before the program's own listener has ended, and Node writes the error after both.
  const busy = 'process.on("exit", () => { for (const end = Date.now() + 200; Date.now() < end; ); });';
  command.program('soon.cjs', `${busy} ${ALONE} alone(() => { throw new TypeError("on purpose"); });`);
  // On a busy machine the first moments of a daemon take longer than the watch.
  const slow = 'const now = performance.now.bind(performance), began = now(); performance.now = () => began + (now() - began) / 50;';
  const execArgv = ['--import', command.program('slow.mjs', slow)];
  const { code, stderr } = await command.run(['start', 'soon.cjs'], { execArgv });
  expect(code).toBe(1);
  expect(stderr).toMatch(/TypeError: on purpose[\s\S]*\nsoon started, and ended after \d+ ms\n$/);
  expect((await command.one('soon')).state).toBe('crashed');
});

test('a script that never listens, and has nothing left to do, is an error at once', async () => {
  const command = commandBox();
  command.program('nothing.cjs', 'console.log("done");');
  const { code, stdout, stderr } = await command.run(['start', 'nothing.cjs', '--ready', 'listening']);
  // Its log has the output, too, which is shown once.
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'done\n' });
  expect(stderr).not.toContain('done');
  expect(stderr).toContain('exited with 0 before it was ready: no server of it listened');
  await expectNothingLeft(command);
});

test('directory, variables, env file and options of Node', async () => {
  const command = commandBox();
  mkdirSync(command.box.path('there'));
  writeFileSync(command.box.path('variables'), 'FROM_FILE="a b"\nBOTH=file\n');
  command.program('deep.cjs', `console.log(process.cwd(), process.execArgv.join(), typeof gc); ${IDLE}`);
  const words = ['--name', 'deep-1', '--cwd', 'there', '--env', 'BOTH=named', '--env', 'EMPTY=', '--env-file', 'variables'];
  await command.done('start', './deep.cjs', ...words, '--node-args', '--expose-gc --stack-size=900');
  expect(command.log('deep-1')).toBe(`${realpathSync(command.box.path('there'))} --expose-gc,--stack-size=900 function\n`);
  const pid = Number(await command.done('pid', 'deep-1'));
  expect(environOf(pid)).toMatchObject({ FROM_FILE: 'a b', BOTH: 'named', EMPTY: '' });
});

test("what Node's flags name is found from where they were typed, by a restart in another directory and by a unit, too", async () => {
  const command = commandBox();
  command.program('hook.mjs', 'globalThis.hooked = true;');
  command.program('hooked.cjs', `console.log(typeof hooked); ${IDLE}`);
  await command.done('start', 'hooked.cjs', '--cwd', '/', '--node-args', '--import ./hook.mjs');
  expect(await command.run(['restart', 'hooked'], { cwd: '/' })).toMatchObject({ code: 0, stderr: '' });
  expect(command.log('hooked')).toBe('boolean\nboolean\n');
  const directory = realpathSync(command.box.directory);
  expect(await command.done('unit', 'hooked', '--for', 'systemd')).toContain(`\nWorkingDirectory=${directory}\n`);
  expect(await command.done('unit', 'hooked', '--for', 'runit')).toContain(`\ncd ${directory} || exit 1\n`);
});

test('start --foreground: this process is the daemon, its output is here, and the list has it', async () => {
  const command = commandBox();
  command.program('front.cjs', `console.log('here'); process.on('SIGTERM', () => { console.log('ended'); process.exit(5); }); ${IDLE}`);
  const front = command.spawn(['start', 'front.cjs', '--foreground']);
  await until(() => front.stdout === 'here\n', { what: 'its output' });
  await until(async () => (await command.one('front')).pid === front.pid, { what: 'the list to have it' });
  expect(observe(front.pid).ppid).toBe(process.pid);
  expect(await command.done('stop', 'front')).toBe(`front stopped, pid ${front.pid}\n`);
  expect(await front.finished).toMatchObject({ code: 5, stdout: 'here\nended\n' });
  expect(existsSync(command.state('logs/front.log'))).toBe(false);
  expect(await command.run(['start', 'front.cjs', '--foreground', '--node-args', '--expose-gc'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('with --foreground set them in NODE_OPTIONS'),
  });
});

test('a start from a working directory that is gone says so', async () => {
  const command = commandBox();
  const script = command.program('web.cjs', IDLE);
  mkdirSync(command.box.path('gone'));
  const words = 'cd "$0" && rmdir "$0" && exec "$@"';
  const args = [words, command.box.path('gone'), process.execPath, MAIN, 'start', script];
  const { code, stderr } = await command.box.launch('-c', { executable: 'sh', args, env: { XDG_STATE_HOME: command.box.path('state') } });
  expect([code, stderr]).toEqual([
    1,
    'The working directory of this process is gone: change to a directory that exists (cd), and try again\n',
  ]);
});
