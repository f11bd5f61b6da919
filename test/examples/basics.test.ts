import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { isRunning, observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { example } from './example.ts';

test('01-target: a function runs on its own, and is stopped', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '01-target'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'started, and free of this terminal\nstopped by SIGTERM; its log ends with: the clock stopped\n',
  });
});

test('02-subclass: ready when it says so, and an error is the launcher’s', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '02-subclass'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: [
      'ready: 2 messages in the queue',
      "StartError: Daemon 'broken' failed: Error: ENOENT: no such file or directory, open '/no/such/queue'",
      '',
    ].join('\n'),
  });
});

test('03-stage-override: a stage does more, or refuses', async () => {
  const box = sandbox();
  expect((await box.launch(example(box, '03-stage-override'), { cwd: '/' })).stdout).toBe('started\n');
  expect((await box.launch(example(box, '03-stage-override'), { cwd: '/', args: ['--refuse'] })).stdout).toBe(
    "stage 7: Daemon 'Service' failed in stage 7 (signals): Error: not on a Friday\n",
  );
});

test('04-own-steps: steps between two stages, and the launcher ends with the daemon’s output', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '04-own-steps'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'the port is open; stages 3 to 9 follow\n',
  });
  const pid = await box.readPid('steps.pid');
  await until(() => readFileSync(box.path('steps.log'), 'utf8').startsWith(`daemon ${pid}: stage 9 is done`), { what: 'the log' });
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
});

test('05-foreground-switch: the same program in the terminal and in the background', async () => {
  const box = sandbox();
  const terminal = box.spawn(example(box, '05-foreground-switch'), { cwd: '/', args: ['--foreground'] });
  await until(() => terminal.stdout === `at work as an ordinary process, pid ${terminal.pid}\n`, { what: 'the program' });
  terminal.child.kill('SIGINT');
  expect((await terminal.finished).code).toBe(0);
  expect(existsSync(box.path('switch.pid'))).toBe(false);
  expect(await box.launch(example(box, '05-foreground-switch'), { cwd: '/' })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const pid = await box.readPid('switch.pid');
  await until(() => readFileSync(box.path('switch.log'), 'utf8').startsWith(`at work as a daemon, pid ${pid}\n`), { what: 'the log' });
  const second = await box.launch(example(box, '05-foreground-switch'), { cwd: '/', args: ['--foreground'] });
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`pid ${pid}`) });
});

test('06-module-target: only the module runs in the daemon', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '06-module-target'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'printed once\nrunning: true\nthe log: count 1000\n',
  });
});

test('07-several-daemons: one by one and together', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '07-several-daemons'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'running: true, true, true\ndifferent processes: 3\nrunning: false, false, false\n',
  });
});

test('08-http-service: ready when it listens', async () => {
  const box = sandbox();
  const service = (verb: string) => box.launch(example(box, '08-http-service'), { cwd: '/', args: [verb, box.directory] });
  expect((await service('start')).stdout).toMatch(/^started: pid \d+\n$/);
  const pid = await box.readPid('service.pid');
  const url = /http:\S+/.exec(readFileSync(box.path('service.log'), 'utf8'))?.[0] ?? '';
  expect(await (await fetch(url)).text()).toBe(`request 1, answered by pid ${pid}\n`);
  expect(observe(pid).cwd).toBe('/');
  expect((await service('stop')).stdout).toBe(`stopped: pid ${pid} ended after SIGTERM\n`);
  expect(readFileSync(box.path('service.log'), 'utf8')).toMatch(/closed\n$/);
});

test('10-program: an ordinary program, once it listens', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '10-program'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'it answers: true\nthe log ends with: closed\n',
  });
});

const hasNobody = /^nobody:/m.test(readFileSync('/etc/passwd', 'utf8'));

const hasMounts = spawnSync('unshare', ['--mount', 'true']).status === 0;

test.skipIf(notRoot || !hasNobody || !hasMounts)('09-drop-root: root’s log, the rights of the user nobody', async () => {
  const box = sandbox();
  // The files have fixed names, and another run may be here at the same time.
  const script = 'mount -t tmpfs -o mode=755 own /run && mount -t tmpfs -o mode=755 own /var/log && exec "$@"';
  const args = ['--mount', '/bin/sh', '-c', script, 'sh', process.execPath, example(box, '09-drop-root')];
  const { stdout, code } = await box.launch('', { executable: 'unshare', args, cwd: '/' });
  expect(stdout).toMatch(/^uid 65534, groups \d+, home \S+\nback to root: EPERM\n/);
  expect(code).toBe(0);
});
