import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { childrenOf, isRunning } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE } from './command.ts';

/** Two daemons, each with some lines in its log. */
async function withLogs() {
  const command = commandBox();
  command.program('web.cjs', `for (const line of ['one', 'two', 'three']) console.log(line); ${IDLE}`);
  await command.done('start', 'web.cjs');
  await command.done('start', 'web.cjs', '--name', 'api-2');
  return command;
}

test('the last lines: of one as they are, of several with names in front', async () => {
  const command = await withLogs();
  expect(await command.done('logs', 'web', '-n', '2')).toBe('two\nthree\n');
  expect(await command.done('logs', '-n', '1')).toBe('api-2 | three\nweb   | three\n');
  expect(await command.done('logs', 'web', 'api-2', '-n', '1')).toBe('web   | three\napi-2 | three\n');
  rmSync(command.state('logs/web.log'));
  expect(await command.run(['logs', '-n', '1'])).toMatchObject({
    code: 1,
    stdout: 'api-2 | three\n',
    stderr: expect.stringMatching(/^web: there is no log '.*web\.log'\. In the foreground .*: daemonium reload web\n$/),
  });
});

test('-f goes on over a rotation and a removal, and ends with its tails', async () => {
  const command = await withLogs();
  const following = command.spawn(['logs', '-f', '-n', '0', 'web', 'api-2']);
  const tails = await until(() => (childrenOf(following.pid).length === 2 ? childrenOf(following.pid) : null), { what: 'two tails' });
  const web = command.state('logs/web.log');
  const says = (line: string) => until(() => following.stdout.includes(`web   | ${line}\n`), { what: line });
  // A tail that runs may not have opened its file yet.
  const begun = () => {
    appendFileSync(web, 'begin\n');
    return following.stdout.includes('web   | begin\n');
  };
  await until(begun, { what: 'the first line', interval: 50 });
  renameSync(web, `${web}.1`);
  await command.done('reload', 'web');
  await until(() => readFileSync(web, 'utf8') === '', { what: 'the new file' });
  appendFileSync(web, 'after a rotation\n');
  await says('after a rotation');
  rmSync(web);
  appendFileSync(web, 'after a removal\n');
  await says('after a removal');
  appendFileSync(command.state('logs/api-2.log'), 'of another\n');
  await until(() => following.stdout.includes('api-2 | of another\n'), { what: 'the other log' });
  process.kill(following.pid, 'SIGTERM');
  await following.finished;
  await until(() => !tails.some(isRunning), { what: 'the end of the tails' });
});

test('the command ends when the reader of its output goes away', async () => {
  const command = await withLogs();
  appendFileSync(command.state('logs/web.log'), 'x'.repeat(100).concat('\n').repeat(20_000));
  const { code, stdout } = await command.box.launch('-c', {
    executable: 'sh',
    args: [`"$0" "$1" logs web -n 100000 | head -n 1`, process.execPath, (await import('./command.ts')).MAIN],
    env: { XDG_STATE_HOME: command.box.path('state') },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'one\n' });
});

test("logrotate's block: the verb reload, and the command in it works", async () => {
  const command = await withLogs();
  const block = await command.done('logrotate');
  expect(block).toContain(`"${command.state('logs/*.log')}" {\n`);
  expect(block).not.toMatch(/kill|\.pid/);
  const [, script = ''] = /postrotate\n([\s\S]*)endscript/.exec(block) ?? [];
  const web = command.state('logs/web.log');
  renameSync(web, `${web}.1`);
  execFileSync('sh', ['-c', script], { env: { PATH: process.env['PATH'] } });
  await until(() => readFileSync(web, 'utf8') === '', { what: 'the log to be made anew' });
});
