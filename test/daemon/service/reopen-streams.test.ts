import { mkdirSync, renameSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descriptorsOf } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOfForeground, eventsOf, inForeground, startSubject, textOf } from '../subject.ts';

/** Where the process writes to: the kernel shows the name that the file has now. */
const outputOf = (pid: number) => [1, 2].map((number) => descriptorsOf(pid).find(({ fd }) => fd === number)?.target);

function rotate(box: Sandbox, pid: number): void {
  for (const name of ['out', 'err']) renameSync(box.path(name), box.path(`${name}.1`));
  expect(outputOf(pid)).toEqual([box.path('out.1'), box.path('err.1')]);
  process.kill(pid, 'SIGHUP');
}

test('at SIGHUP the files of stdout and stderr are opened again by their paths, and one that cannot be opened is told once', async () => {
  const box = sandbox();
  const pid = await startSubject(box, 'idle', { stdout: box.path('out'), stderr: box.path('err') });
  rotate(box, pid);
  await until(() => outputOf(pid).join() === [box.path('out'), box.path('err')].join(), { what: 'the new files' });
  expect(statSync(box.path('out')).mode & 0o777).toBe(0o600);
  renameSync(box.path('out'), box.path('out.2'));
  mkdirSync(box.path('out'));
  const reloads = () => eventsOf(box).filter((event) => event === 'reload').length;
  for (const count of [2, 3]) {
    await until(() => reloads() === count - 1, { what: 'the reload before' });
    process.kill(pid, 'SIGHUP');
  }
  await until(() => reloads() === 3, { what: 'the last reload' });
  expect(outputOf(pid)).toEqual([box.path('out.2'), box.path('err')]);
  expect(textOf(box, 'err').match(/'.*\/out' could not be opened again, so output goes on into the file as it was: EISDIR/g)).toHaveLength(
    1,
  );
});

test('SIGHUP in the foreground reopens the streams that an option names', async () => {
  const box = sandbox();
  const subject = await inForeground(box, 'idle', { stdout: box.path('out'), stderr: box.path('err') });
  rotate(box, subject.pid);
  await until(() => outputOf(subject.pid).join() === [box.path('out'), box.path('err')].join(), { what: 'the new files' });
  process.kill(subject.pid, 'SIGTERM');
  await endOfForeground(box, subject);
});
