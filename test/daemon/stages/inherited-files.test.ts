import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { filesOf, inside } from './run.ts';

/** Above 15 Node marks nothing behind the first gap, so these come through every exec. */
const LEAKED = [3, 5, 9, 15, 16, 20, 50, 200, 250, 1_000];

const given = (fd: number, numbers: readonly number[]) => Object.fromEntries(numbers.map((number) => [number, fd]));

test("nothing of the launcher's crosses, neither to the daemon nor to its children", async () => {
  const box = sandbox();
  const leak = openSync(box.path('leak'), 'w');
  const { seen, said } = await inside(box, {}, { descriptors: given(leak, LEAKED) });
  closeSync(leak);
  expect(filesOf(seen).filter(([, target]) => target === box.path('leak'))).toEqual([]);
  expect(said.child.split('\n')).not.toContain(box.path('leak'));
  expect(said.child.split('\n')).not.toContain(box.path('daemon.pid'));
});

test('inheritFiles keeps numbers, once each, and the daemon keeps them from its children', async () => {
  const box = sandbox();
  const leak = openSync(box.path('leak'), 'w');
  const kept = openSync(box.path('kept'), 'w');
  const numbers = [4, 9, 18, 80];
  const descriptors = { ...given(leak, LEAKED), ...given(kept, numbers) };
  const { seen, said } = await inside(box, { inheritFiles: [80, 18, 4, 9, 18, 9] }, { descriptors });
  for (const fd of [leak, kept]) closeSync(fd);
  const opened = (name: string) => filesOf(seen).filter(([, target]) => target === box.path(name));
  expect(opened('kept').map(([fd]) => fd)).toEqual(numbers);
  expect(opened('leak')).toEqual([]);
  expect(said.child.split('\n')).not.toContain(box.path('kept'));
  // The lock is no child's, either.
  expect(opened('daemon.pid')).toHaveLength(1);
});

test('many inherited files: lock, control socket and stdin find other numbers, and leave nothing behind', async () => {
  const box = sandbox();
  const kept = openSync(box.path('kept'), 'w');
  const numbers = Array.from({ length: 20 }, (_, index) => index + 3);
  const options = { inheritFiles: numbers, stdin: { content: 'still read' }, stdout: 'out.log' };
  const { seen, said } = await inside(box, options, { descriptors: given(kept, numbers) });
  closeSync(kept);
  const opened = (name: string) => filesOf(seen).flatMap(([fd, target]) => (target === box.path(name) ? fd : []));
  expect(opened('kept')).toEqual(numbers);
  expect(opened('daemon.pid')).toHaveLength(1);
  expect(opened('out.log')).toEqual([1]);
  expect(Buffer.from(said.stdin, 'base64').toString()).toBe('still read');
  expect(said.child.split('\n').filter((target) => /daemon\.pid|kept|out\.log/.test(target))).toEqual([]);
  // Killed, it leaves no lock with anybody.
  process.kill(seen.pid, 'SIGKILL');
  await until(async () => !(await box.isLocked()), { what: 'a free lock' });
});

test('a program that is started before the stages gets neither lock nor control socket, whatever their numbers', async () => {
  const box = sandbox();
  const kept = openSync(box.path('kept'), 'w');
  const numbers = Array.from({ length: 20 }, (_, index) => index + 3);
  await box.launch('start-early-child', { args: numbers.map(String), descriptors: given(kept, numbers) });
  closeSync(kept);
  expect(await box.isLocked()).toBe(true);
  // 0 to 2 are the pipes between the two.
  expect(readFileSync(box.path('child'), 'utf8')).toMatch(/ 2 -> /);
  expect(readFileSync(box.path('child'), 'utf8')).not.toMatch(/ ([3-9]|\d{2,}) -> (socket:|.*daemon\.pid)/);
});

test("0 to 2 are the launcher's where the streams say nothing else", async () => {
  const box = sandbox();
  const out = openSync(box.path('out'), 'w');
  const input = openSync('/etc/passwd', 'r');
  const launch = { stdin: input, stdout: out, args: [JSON.stringify({ inheritFiles: [0, 1, 2], stderr: 'err.log' })] };
  await box.launch('stage-options', launch);
  for (const fd of [out, input]) closeSync(fd);
  const seen = observe(await box.readPid());
  expect(
    filesOf(seen)
      .slice(0, 3)
      .map(([, target]) => target),
  ).toEqual(['/etc/passwd', box.path('out'), box.path('err.log')]);
});

test('a listening server and a logger are inherited by their descriptors', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('stage-inherits-server', { args: [box.path('app.log')] });
  const { pid, port, log } = JSON.parse(stdout) as { pid: number; port: number; log: number };
  const answer = await new Promise<string>((resolve, reject) => {
    request({ port, host: '127.0.0.1' }, (response) => response.setEncoding('utf8').on('data', resolve))
      .on('error', reject)
      .end();
  });
  expect(answer).toBe(`pid ${pid}`);
  expect(filesOf(observe(pid))).toContainEqual([log, box.path('app.log')]);
  await until(() => readFileSync(box.path('app.log'), 'utf8').includes(`"pid":${pid},"msg":"asked"`), { what: "the daemon's record" });
  expect(isRunning(pid)).toBe(true);
});

test('files that the program itself opened in the daemon stay open', async () => {
  const box = sandbox();
  writeFileSync(box.path('data'), 'x');
  const leak = openSync(box.path('data'), 'r');
  const { stdout } = await box.launch('stage-opens-early', { args: [box.path('data')], descriptors: given(leak, [20, 40]) });
  closeSync(leak);
  const { pid } = JSON.parse(stdout) as { pid: number };
  // The same file as the leaks: one descriptor is the program's own.
  expect(filesOf(observe(pid)).filter(([, target]) => target === box.path('data'))).toHaveLength(1);
});

test('another file that has the number of a leak by now is left alone', async () => {
  const box = sandbox();
  for (const name of ['leak', 'own']) writeFileSync(box.path(name), 'x');
  const leak = openSync(box.path('leak'), 'r');
  const { stdout } = await box.launch('stage-reuses-leak', { args: ['60', box.path('own')], descriptors: given(leak, [60]) });
  closeSync(leak);
  const { pid } = JSON.parse(stdout) as { pid: number };
  expect(filesOf(observe(pid))).toContainEqual([60, box.path('own')]);
});
