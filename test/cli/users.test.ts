import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { accounts, asUser, placesOfAccount } from '../../packages/cli/src/daemons/all-users.ts';
import { placesOf } from '../../packages/core/src/registry/places.ts';
import { observe } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE } from './command.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const WITHOUT_ACCOUNT = 54_321;

test('the places: XDG for users, the system for root unless XDG_STATE_HOME is set', () => {
  const home = () => '/home/data-base';
  const places = (uid: number, env: Record<string, string>) => placesOf({ uid, env, home });
  expect(places(0, { HOME: '/root' })).toMatchObject({
    declarations: '/var/lib/daemonium',
    locks: '/run/daemonium',
    logs: '/var/log/daemonium',
  });
  const state = { declarations: '/s/daemonium', locks: '/s/daemonium', logs: '/s/daemonium/logs' };
  expect(places(0, { HOME: '/root', XDG_STATE_HOME: '/s' })).toMatchObject(state);
  expect(places(1000, { HOME: '/home/x', XDG_STATE_HOME: '/s' })).toMatchObject(state);
  expect(places(1000, { HOME: '/home/x' }).declarations).toBe('/home/x/.local/state/daemonium');
  // The XDG specification: a relative path is to be ignored.
  expect(places(1000, { HOME: '/home/x', XDG_STATE_HOME: 'state' }).declarations).toBe('/home/x/.local/state/daemonium');
  // A lock there would not cross to the daemon.
  const remote = placesOf({ uid: 1000, env: { HOME: '/home/x' }, home, isRemote: () => true });
  expect(remote).toMatchObject({ declarations: '/home/x/.local/state/daemonium', locks: '/tmp/daemonium-1000' });
  expect(places(1000, {}).declarations).toBe('/home/data-base/.local/state/daemonium');
});

test.skipIf(!isRoot)("another user's HOME, as sudo may leave it, is not used, and a message says so", async () => {
  const command = commandBox();
  chownSync(command.box.path('home'), NOBODY, NOBODY);
  const told = await command.run(['list', '--json'], { env: { XDG_STATE_HOME: undefined } });
  expect(told.stderr).toContain(`these are the daemons of uid 0, in /var/lib/daemonium, and not those of ${command.box.path('home')}\n`);
  expect(placesOf({ uid: 12_345, env: { HOME: command.box.path('home') }, home: () => '/home/own' })).toMatchObject({
    declarations: '/home/own/.local/state/daemonium',
    foreignHome: command.box.path('home'),
  });
});

test.skipIf(!isRoot)('two users with a daemon of one name each; and root looks at both with the rights of each', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  const theirs = command.box.path('theirs');
  mkdirSync(theirs);
  chownSync(theirs, NOBODY, NOBODY);
  const asThem = { uid: NOBODY, gid: NOBODY, env: { XDG_STATE_HOME: undefined, HOME: theirs } };
  expect(await command.run(['start', 'web.cjs'], asThem)).toMatchObject({ code: 0 });
  await command.done('start', 'web.cjs');
  const [ours, other] = [Number(await command.done('pid', 'web')), Number((await command.run(['pid', 'web'], asThem)).stdout)];
  expect([observe(ours).uids[0], observe(other).uids[0]]).toEqual([0, NOBODY]);
  const account = { user: 'them', uid: NOBODY, gid: NOBODY, home: theirs };
  const { declarations } = placesOfAccount(account);
  expect(asUser(account, () => [process.geteuid?.(), process.getegid?.()])).toEqual([NOBODY, NOBODY]);
  expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0]);
  expect(declarations).toBe(`${theirs}/.local/state/daemonium`);
  expect(await command.run(['stop', 'web'], asThem)).toMatchObject({ code: 0 });
  expect((await command.one('web')).pid).toBe(ours);
});

test.skipIf(!isRoot)("--user: it runs as that user, and its log and its name are root's", async () => {
  const command = commandBox();
  command.program('web.cjs', `console.log(process.getuid()); ${IDLE}`);
  await command.done('start', 'web.cjs', '--user', 'nobody');
  const { pid } = await command.one('web');
  expect(observe(pid as number).uids).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);
  expect(command.log('web')).toBe(`${NOBODY}\n`);
  expect(await command.run(['stop', 'web'], { uid: NOBODY, gid: NOBODY })).toMatchObject({ code: 4 });
  expect(await command.done('restart', 'web')).toMatch(/^web restarted, pid \d+\n$/);
  expect(await command.done('delete', 'web')).toMatch(/^web stopped, pid \d+\nweb deleted\n$/);
});

test.skipIf(!isRoot)('--user in the foreground, as in a unit: in the list, and its exit code is its own', async () => {
  const command = commandBox();
  command.program('web.cjs', `const timer = ${IDLE} process.once('SIGTERM', () => clearInterval(timer));`);
  const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));
  symlinkSync(packages, command.box.path('node_modules'));
  const own = command.program(
    'own.mjs',
    `import { control, Daemon } from '@daemonium/daemon';
    const daemon = new Daemon({ name: 'own', user: 'nobody', pidFile: import.meta.dirname + '/own.pid', target() { ${IDLE} } });
    await control(daemon, { register: true });`,
  );
  const env = { HOME: command.box.path('home'), XDG_STATE_HOME: command.box.path('state') };
  const web = command.spawn(['start', 'web.cjs', '--user', 'nobody', '--foreground']);
  const other = command.box.spawn(own, { args: ['foreground'], env });
  const running = async () => (await command.list()).filter(({ state }) => state === 'running').map(({ name }) => name);
  await until(async () => (await running()).length === 2, { what: 'both in the list' });
  for (const daemon of [web, other]) {
    expect(observe(daemon.pid).uids[0]).toBe(NOBODY);
    daemon.child.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  }
  command.program('fails.cjs', 'process.exit(3);');
  const failed = await command.run(['start', 'fails.cjs', '--user', 'nobody', '--foreground']);
  expect(failed.code).toBe(3);
  expect(failed.stderr).not.toContain('RegistryError');
});

test.skipIf(!isRoot)("root reads a user's files with that user's rights, so a trap in them gains nothing", async () => {
  const command = commandBox();
  const account = { user: 'them', uid: NOBODY, gid: NOBODY, home: command.box.path('home') };
  const { readdirSync } = await import('node:fs');
  mkdirSync(command.box.path('secret'), { mode: 0o700 });
  symlinkSync(command.box.path('secret'), command.box.path('home/.local'));
  expect(() => asUser(account, () => readdirSync(command.box.path('home/.local')))).toThrow('EACCES');
});

test('what a declaration says is no command to the terminal that lists it', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  const path = command.state('web.json');
  const declaration = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...declaration, stdout: '/tmp/\x1b]0;owned\x07\x9b2J\nweb2', args: ['\x1b[2J'] }));
  writeFileSync(command.state('other.json'), JSON.stringify({ ...declaration, name: '\x1b[2J' }), { mode: 0o600 });
  writeFileSync(command.state('third.json'), '{\x1b[2J', { mode: 0o600 });
  for (const words of [['list'], ['describe', 'web']]) {
    const { stdout, stderr } = await command.run(words);
    expect(`${stdout}${stderr}`).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(stdout).toContain('\\x1b]0;owned');
    expect(stdout.split('\n').filter((line) => line.startsWith('web2'))).toEqual([]);
  }
});

test.skipIf(!isRoot)('a place that a user may not look at: which, and what can be done', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  mkdirSync(command.box.path('state'), { mode: 0o700 });
  for (const words of [['list'], ['start', 'web.cjs'], ['stop', 'web']]) {
    expect(await command.run(words, { uid: NOBODY, gid: NOBODY })).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/^'.*state\/daemonium' cannot be looked at: EACCES.*; XDG_STATE_HOME can name another directory\n$/),
    });
  }
});

test.skipIf(!isRoot)('a number that no account has, as in a container', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  mkdirSync(command.box.path('state'));
  chownSync(command.box.path('state'), WITHOUT_ACCOUNT, WITHOUT_ACCOUNT);
  const run = (words: readonly string[], env = {}) => command.run(words, { uid: WITHOUT_ACCOUNT, gid: WITHOUT_ACCOUNT, env });
  expect(await run(['start', 'web.cjs'])).toMatchObject({ code: 0, stderr: '' });
  expect(await run(['list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('running') });
  expect(JSON.parse((await run(['doctor', '--json'])).stdout)).toContainEqual(expect.objectContaining({ what: 'linger' }));
  expect(await run(['logrotate'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`logrotate of ${WITHOUT_ACCOUNT}'s daemons`) });
  expect(await run(['unit', 'web', '--for', 'systemd'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`User=${WITHOUT_ACCOUNT}\n`),
  });
  expect(await run(['list'], { HOME: undefined, XDG_STATE_HOME: undefined })).toMatchObject({
    code: 1,
    stderr: `uid ${WITHOUT_ACCOUNT} has no account, and so no home directory for its daemons: set HOME, or XDG_STATE_HOME, to a directory of its own\n`,
  });
  expect(await run(['delete', 'web'])).toMatchObject({ code: 0 });
});

test('accounts come out of passwd(5), each once', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nbad\nnobody:x:65534:65534::/nonexistent:/x\nrelative:x:7:7::home:/x\na:x:1000:100:A,B:/home/a:/bin/sh\n';
  expect(accounts(passwd).map(({ uid, gid, home }) => [uid, gid, home])).toEqual([
    [0, 0, '/root'],
    [1000, 100, '/home/a'],
    [65_534, 65_534, '/nonexistent'],
  ]);
});

test.skipIf(!isRoot)('--all-users is for root, and has a column for it', async () => {
  const command = commandBox();
  const rows = await command.run(['list', '--all-users', '--json'], { env: { XDG_STATE_HOME: undefined, HOME: '/root' } });
  for (const row of JSON.parse(rows.stdout)) expect(row.user).toBeTypeOf('string');
  expect(await command.run(['list', '--all-users'], { uid: NOBODY, gid: NOBODY })).toMatchObject({
    code: 4,
    stderr: '--all-users is for root: run it with sudo\n',
  });
});
