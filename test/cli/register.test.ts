import { existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ownPlaces, register } from '../../packages/core/src/registry/index.ts';
import { environOf, isRunning } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { until } from '../helpers/wait.ts';
import { commandBox } from './command.ts';

const CONTROLLED = `
  import { control, Daemon } from '@daemonium/daemon';
  const daemon = new Daemon({
    name: 'own', pidFile: import.meta.dirname + '/own.pid', stdout: import.meta.dirname + '/own.log', stopTimeout: 5_000,
    target() {
      console.log(process.argv.slice(3).join(), process.env.COLOUR);
      setInterval(() => {}, 1000);
      if (process.env.FAIL) throw new TypeError('on purpose');
    },
  });
  await control(daemon, { register: true });
`;

/** A program that is its own command, and `node own.mjs WORDS`. */
function own(text = CONTROLLED) {
  const command = commandBox();
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), command.box.path('node_modules'));
  const script = command.program('own.mjs', text);
  const itself = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    command.box.spawn(script, { args: words, env: { HOME: command.box.path('home'), XDG_STATE_HOME: command.box.path('state'), ...env } });
  return { command, script, itself };
}

test('a program with register: true: every verb of the command knows it, and its own keep in step', async () => {
  const { command, script, itself } = own();
  expect(await itself(['start', '--', 'a', '-b']).finished).toMatchObject({ code: 0, stderr: '' });
  const [row] = await command.list();
  expect(row).toMatchObject({ name: 'own', state: 'running', script, log: command.box.path('own.log'), outdated: null });
  const pid = row?.pid as number;
  expect(await command.done('pid', 'own')).toBe(`${pid}\n`);
  expect(await command.done('status', 'own')).toMatch(`own is running, pid ${pid}, `);
  expect(await command.done('describe', 'own')).toMatch(/\narguments +a -b\n[\s\S]*\nready +as the program says: it calls control\(\)\n/);
  expect(JSON.parse(await command.done('env', 'own', '--json')).differing).toEqual([]);
  expect(await command.done('logs', 'own')).toBe('--,a,-b undefined\n');
  expect(await command.done('reload', 'own')).toBe('own was told to reload\n');
  expect(isRunning(pid)).toBe(true);
  expect((await command.run(['restart', 'own'], { cwd: '/' })).stdout).toMatch(/^own restarted, pid \d+\n$/);
  expect([isRunning(pid), (await command.one('own')).state]).toEqual([false, 'running']);
  expect(await command.done('stop', 'own')).toMatch(/^own stopped, pid \d+\n$/);
  expect((await command.one('own')).state).toBe('stopped');
});

test("variables are the command's, and its own stop is no crash", async () => {
  const { command, itself } = own();
  expect((await itself(['start', '--', 'a', '-b']).finished).code).toBe(0);
  expect((await itself(['stop']).finished).code).toBe(0);
  expect((await command.one('own')).state).toBe('stopped');
  expect((await command.run(['start', 'own', '--env', 'COLOUR=red'], { cwd: '/' })).stdout).toMatch(/^own started, pid \d+\n$/);
  const second = (await command.one('own')).pid as number;
  expect(environOf(second)).toMatchObject({ COLOUR: 'red' });
  expect((await itself(['start', '--', 'a', '-b']).finished).stdout).toBe(`own is already running, pid ${second}\n`);
  expect(JSON.parse(await command.done('env', 'own', '--json')).declared).toEqual({ COLOUR: 'red' });
  expect(await command.run(['start', 'own', '--ready', 'message'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('of the options only --env and --env-file go with it'),
  });

  process.kill(second, 'SIGKILL');
  await until(() => !isRunning(second), { what: 'its end' });
  expect((await command.one('own')).state).toBe('crashed');
  expect(await command.done('delete', 'own')).toBe('own is not running\nown deleted\n');
  expect(await command.list()).toEqual([]);
  expect(readFileSync(command.box.path('own.log'), 'utf8')).toContain('--,a,-b red\n');
});

test('a start that fails leaves no name; the foreground is listed, and its name is free', async () => {
  const { command, itself } = own();
  expect(await itself(['start'], { FAIL: '1' }).finished).toMatchObject({ code: 1, stderr: expect.stringContaining('on purpose') });
  expect(await command.list()).toEqual([]);
  expect(existsSync(command.state('own.started'))).toBe(false);
  const front = itself(['foreground']);
  await until(async () => (await command.list())[0]?.pid === front.pid, { what: 'the list to have it' });
  // A delete needs the lock of the name.
  expect(await command.done('delete', 'own')).toBe(`own stopped, pid ${front.pid}\nown deleted\n`);
  expect((await front.finished).code).toBe(0);
  expect(carriersOf(command.box.token)).toEqual([]);
});

test('the unit of such a program has what its options say', async () => {
  const more = `umask: 0o027, startTimeout: 20_000, respawn: { delay: 2_500, never: [3] },
    listen: [{ path: import.meta.dirname + '/own.sock', mode: 0o660 }],`;
  const { command, itself } = own(CONTROLLED.replace("name: 'own',", `name: 'own', ${more}`));
  expect(await itself(['start']).finished).toMatchObject({ code: 0, stderr: '' });
  const unit = (await command.done('unit', 'own', '--for', 'systemd')).split('\n');
  for (const line of [
    'UMask=0027',
    'TimeoutStartSec=25',
    'TimeoutStopSec=10',
    'Restart=on-failure',
    'RestartSec=3',
    'RestartPreventExitStatus=3',
    `ListenStream=${command.box.path('own.sock')}`,
    'SocketMode=0660',
  ])
    expect(unit).toContain(line);
  expect((await itself(['stop']).finished).code).toBe(0);
});

test('a daemon that cannot be registered is refused before anything is started', async () => {
  const { command, itself } = own();
  const refused = async (text: string, code: number, told: RegExp) => {
    command.program('own.mjs', text);
    const { stderr, ...rest } = await itself(['start']).finished;
    expect(rest).toMatchObject({ code, stdout: '' });
    expect(stderr).toMatch(told);
    expect(carriersOf(command.box.token)).toEqual([]);
  };
  await refused(CONTROLLED.replace("name: 'own'", "name: 'my own'"), 1, /Option 'name': expected 1 to 64 of A-Z/);
  await refused(CONTROLLED.replace(/pidFile: [^,]+/, 'pidFile: null'), 1, /Option 'register': expected false with pidFile: null/);
  await refused(CONTROLLED.replace('register: true', "register: 'yes'"), 1, /Option 'register': expected true or false, got "yes"/);
  await refused(CONTROLLED.replace('register: true', 'registr: true'), 1, /Option 'registr': expected 'register', which is probably meant/);
  command.program('own.mjs', CONTROLLED);
  expect((await itself(['start']).finished).code).toBe(0);
  expect((await itself(['stop']).finished).code).toBe(0);
  renameSync(command.box.path('own.mjs'), command.box.path('other.mjs'));
  const other = await command.box.launch(command.box.path('other.mjs'), {
    args: ['start'],
    env: { HOME: command.box.path('home'), XDG_STATE_HOME: command.box.path('state') },
  });
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("The name 'own' is taken") });
});

test('registering again changes nothing, and a name that is taken stays', () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  const first = register({ name: 'own', by: 'control', script: '/a.mjs', env: { A: '1' } }, places);
  expect(register({ name: 'own', by: 'control', script: '/a.mjs', created: 'later' }, places)).toEqual(first);
  const changed = register({ name: 'own', by: 'control', script: '/a.mjs', args: ['x'] }, places);
  expect(changed).toMatchObject({ args: ['x'], env: { A: '1' }, created: first.created });
  expect(() => register({ name: 'own', by: 'control', script: '/b.mjs' }, places)).toThrow(
    expect.objectContaining({ code: 'ERR_NAME_TAKEN' }),
  );
  expect(() => register({ name: '../x', by: 'control', script: '/b.mjs' }, places)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_VALUE' }),
  );
});
