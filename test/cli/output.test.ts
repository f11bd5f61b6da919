import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Cell, table } from '../../packages/cli/src/terminal/table.ts';
import { declarationOf, makePlaces, ownPlaces, writeDeclaration } from '../../packages/core/src/registry/index.ts';
import { childrenOf, isRunning } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { type CommandBox, commandBox, IDLE, MAIN } from './command.ts';

/** The command in a shell, with `redirection` behind it. Gives its exit code, and stderr where that is not redirected. */
async function inShell({ box }: CommandBox, words: string, redirection: string) {
  const script = `{ "$0" "$1" ${words}; echo "code $?" >&3; } ${redirection}`;
  const { stdout, stderr } = await box.launch('-c', {
    executable: '/bin/sh',
    args: [`{ ${script}; } 3>&1`, process.execPath, MAIN],
    env: { HOME: box.path('home'), XDG_STATE_HOME: box.path('state') },
  });
  return { code: Number(/code (\d+)/.exec(stdout)?.[1]), stderr };
}

test.each(['| true', '>/dev/full', '2>/dev/full', '>&- 2>&-'])('verbs that act go on when nobody reads of it: %s', async (redirection) => {
  const command = commandBox();
  command.program('idle.cjs', IDLE);
  const daemons = { one: { script: 'idle.cjs' }, two: { script: 'idle.cjs' } };
  writeFileSync(command.box.path('daemonium.config.json'), JSON.stringify({ daemons }));
  const pids = async () => (await command.list()).map(({ pid }) => pid);
  expect((await inShell(command, 'start', redirection)).code).toBe(0);
  const first = await pids();
  expect(first).toEqual([expect.any(Number), expect.any(Number)]);
  expect((await inShell(command, 'restart all', redirection)).code).toBe(0);
  const second = await pids();
  expect(second).toEqual([expect.any(Number), expect.any(Number)]);
  expect(second.filter((pid) => first.includes(pid))).toEqual([]);
  expect((await inShell(command, 'status all', redirection)).code).toBe(0);
  expect((await inShell(command, 'delete all', redirection)).code).toBe(0);
  expect(await pids()).toEqual([]);
  expect((await inShell(command, 'bogus', redirection)).code).toBe(2);
});

test('an answer that a full disk cuts off is a failure; one that its reader does not want is none', async () => {
  const command = commandBox();
  command.program('idle.cjs', IDLE);
  await command.done('start', 'idle.cjs');
  const told = { code: 1, stderr: expect.stringMatching(/^stdout cannot be written: ENOSPC/) };
  const answers = ['list --json', 'describe idle', 'env idle', 'pid idle', 'logrotate'];
  for (const words of answers) {
    expect(await inShell(command, words, '>/dev/full'), words).toMatchObject(told);
    expect(await inShell(command, words, '| true'), words).toEqual({ code: 0, stderr: '' });
  }
  expect(await inShell(command, '--help', '| true')).toEqual({ code: 0, stderr: '' });
});

test('logs -f of many daemons: each log is followed, nothing else is said, and all ends with the reader', async () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  makePlaces(places);
  const names = Array.from({ length: 12 }, (_, index) => `d${index + 10}`);
  const script = command.program('idle.cjs', IDLE);
  for (const name of names) {
    writeDeclaration(places, declarationOf(places, { name, by: 'command', script }));
    writeFileSync(command.state('logs', `${name}.log`), `of ${name}\n`);
  }
  const following = command.spawn(['logs', '-f']);
  const expected = names.map((name) => `${name} | of ${name}`).sort();
  await until(() => following.stdout.trimEnd().split('\n').sort().join() === expected.join(), { what: 'the last line of each' });
  const tails = childrenOf(following.pid);
  expect(tails).toHaveLength(names.length);
  following.child.stdout?.destroy();
  const write = () => {
    writeFileSync(command.state('logs/d10.log'), 'more\n', { flag: 'a' });
    return !isRunning(following.pid);
  };
  await until(write, { what: 'its end', interval: 50 });
  expect(await following.finished).toMatchObject({ code: 0, stderr: '' });
  await until(() => !tails.some(isRunning), { what: 'the end of the tails' });
});

const cells = (...texts: string[]): Cell[] => texts.map((text) => ({ text }));
const ROWS = [cells('NAME', 'STATE', 'LOG'), cells('web', 'running', '~/.local/state/web.log'), cells('api', 'stopped', '-')];

test('a table as wide as the terminal: the last column is cut from its beginning, or left out', () => {
  expect(table(ROWS)).toEqual(['NAME  STATE    LOG', 'web   running  ~/.local/state/web.log', 'api   stopped  -']);
  expect(table(ROWS, 37)).toEqual(table(ROWS));
  expect(table(ROWS, 36)).toEqual(['NAME  STATE    LOG', 'web   running  ….local/state/web.log', 'api   stopped  -']);
  expect(table(ROWS, 23)).toEqual(['NAME  STATE    LOG', 'web   running  …web.log', 'api   stopped  -']);
  expect(table(ROWS, 22)).toEqual(['NAME  STATE', 'web   running', 'api   stopped']);
});

test('control characters in a declaration are no commands to the terminal of the reader', async () => {
  const command = commandBox();
  command.program('idle.cjs', IDLE);
  const stdout = command.box.path('a\x1b[2J\nb.log');
  writeFileSync(command.box.path('daemonium.config.json'), JSON.stringify({ daemons: { web: { script: 'idle.cjs', stdout } } }));
  await command.done('start');
  const list = await command.done('list');
  expect(list).toMatch(/a\\x1b\[2J\\nb\.log\n$/);
  expect(list.split('\n')).toHaveLength(3);
  writeFileSync(command.state('bad.json'), '"\x1b]0;title\x07', { mode: 0o600 });
  const { code, stderr } = await command.run(['list']);
  expect(code).toBe(1);
  expect(stderr).toContain("bad.json' cannot be read");
  expect(stderr).not.toContain('\x1b');
  expect((await command.run(['status', 'a\x1b[2J'])).stderr).toContain("'a\\x1b[2J'");
});
