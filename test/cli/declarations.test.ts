import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE } from './command.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

async function withTwo() {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  await command.done('start', 'web.cjs', '--name', 'other');
  return command;
}

test('a declaration is 0600, in directories of 0700, and JSON', async () => {
  const command = await withTwo();
  expect(statSync(command.state('web.json')).mode & 0o777).toBe(0o600);
  expect(statSync(command.state('logs/web.log')).mode & 0o777).toBe(0o600);
  for (const directory of [command.state(), command.state('logs')]) expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(JSON.parse(readFileSync(command.state('web.json'), 'utf8'))).toMatchObject({ name: 'web', script: command.box.path('web.cjs') });
});

/** A daemon of another user's, at that user's places. */
async function withTheirs() {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  mkdirSync(command.box.path('state'));
  chownSync(command.box.path('state'), NOBODY, NOBODY);
  const theirs = { uid: NOBODY, gid: NOBODY };
  expect(await command.run(['start', 'web.cjs'], theirs)).toMatchObject({ code: 0 });
  const { stdout: pid } = await command.run(['pid', 'web'], theirs);
  return { command, theirs, pid };
}

type Spoilt = readonly [what: string, spoil: (path: string) => void, code: number, text: RegExp];

const SPOILT: readonly Spoilt[] = [
  ['half written', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40)), 1, /web\.json' cannot be read: .*JSON/],
  ['empty', (path: string) => writeFileSync(path, ''), 1, /web\.json' cannot be read: it is empty/],
  [
    'of something else',
    (path: string) => writeFileSync(path, '{"name":"web","script":"web.cjs"}'),
    1,
    /'by', 'script', .* are missing or not what/,
  ],
  ['of another name', (path: string) => renameSync(path.replace('web', 'other'), path), 1, /it says that its name is 'other'/],
  ['writable by others', (path: string) => chmodSync(path, 0o666), 4, /web\.json' is not used: others may write to it \(mode 0666\)/],
  [
    'a symbolic link',
    (path: string) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    4,
    /web\.json' is not used: it is a symbolic link/,
  ],
  ...(isRoot ? [['of another user', (path: string) => chownSync(path, NOBODY, NOBODY), 4, /it belongs to uid 65534/] as const] : []),
];

test.each(SPOILT)('a declaration that is %s: a clear error, left as it is, and the others go on', async (what, spoil, code, text) => {
  const command = await withTwo();
  const { pid } = await command.one('web');
  spoil(command.state('web.json'));
  const before = readFileSync(command.state('web.json'), 'utf8');
  const told = await Promise.all(
    [
      ['status', 'web'],
      ['stop', 'web'],
      ['delete', 'web'],
      ['start', 'web'],
    ].map((words) => command.run(words)),
  );
  for (const each of told) expect(each).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(text) });
  const list = await command.run(['list', '--json']);
  expect(list).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
  expect(JSON.parse(list.stdout)).toMatchObject(what === 'of another name' ? [] : [{ name: 'other', state: 'running' }]);
  expect(readFileSync(command.state('web.json'), 'utf8')).toBe(before);
  // It still runs: the lock says so, whatever became of the declaration.
  expect(readFileSync(command.state('web.pid'), 'utf8')).toBe(`${pid}\n`);
  expect(await command.box.isLocked('state/daemonium/web.pid')).toBe(true);
});

test.each([
  ['that others can write to', (path: string) => chmodSync(path, 0o777), 'others may write to it (mode 0777)'],
  [
    'that is a symbolic link',
    (path: string) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    'it is a symbolic link',
  ],
])('a folder %s is not used', async (_, spoil, text) => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  mkdirSync(command.state(), { recursive: true });
  spoil(command.state());
  for (const words of [['list'], ['start', 'web.cjs']]) {
    expect(await command.run(words)).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(text) });
  }
});

test.skipIf(!isRoot)('a home that cannot be written to: said before anything is started', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  mkdirSync(command.box.path('state'), { mode: 0o555 });
  const { code, stderr } = await command.run(['start', 'web.cjs'], { uid: NOBODY, gid: NOBODY });
  expect(code).toBe(4);
  expect(stderr).toMatch(/state\/daemonium' cannot be made: EACCES.*; XDG_STATE_HOME can name another directory\n$/);
  expect(await command.run(['list'], { uid: NOBODY, gid: NOBODY })).toMatchObject({ code: 0, stdout: '' });
});

test.skipIf(!isRoot)('a home that has become read-only: what runs can be stopped, and doctor tells why nothing starts', async () => {
  const { command, theirs, pid } = await withTheirs();
  chmodSync(command.state(), 0o555);
  expect(await command.run(['stop', 'web'], theirs)).toMatchObject({
    code: 0,
    stdout: `web stopped, pid ${pid}`,
    stderr: expect.stringMatching(/^web is stopped, and will be listed as crashed: '.*web\.started' cannot be removed: EACCES/),
  });
  expect(isRunning(Number(pid))).toBe(false);
  const { code, stdout } = await command.run(['doctor'], theirs);
  expect(code).toBe(1);
  expect(stdout).toContain(`no daemon can be started: '${command.state()}' cannot be written (EACCES)\n`);
});

test('doctor finds files that no daemon needs', async () => {
  const command = await withTwo();
  const { pid } = await command.one('web');
  process.kill(pid as number, 'SIGKILL');
  await until(() => !isRunning(pid as number), { what: 'its end' });
  const leftOver = async () =>
    [...(await command.run(['doctor'])).stdout.matchAll(/left over +'.*\/(.*)'; it can be removed$/gm)].map(([, file]) => file).sort();
  writeFileSync(command.state('web.json.0123.tmp'), '');
  expect(await leftOver()).toEqual(['web.json.0123.tmp']);
  rmSync(command.state('web.json'));
  expect(await leftOver()).toEqual(['web.json.0123.tmp', 'web.pid', 'web.started']);
});

test.skipIf(!isRoot)("another user's daemon cannot be stopped", async () => {
  const { command, theirs, pid } = await withTheirs();
  // Root with their XDG_STATE_HOME, as sudo -E would have it.
  for (const verb of ['stop', 'status', 'list']) {
    expect(await command.run([verb, ...(verb === 'list' ? [] : ['web'])])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("state/daemonium' is not used: it belongs to uid 65534"),
    });
  }
  expect(await command.run(['stop', 'web'], theirs)).toMatchObject({ code: 0, stdout: `web stopped, pid ${pid}` });
});
