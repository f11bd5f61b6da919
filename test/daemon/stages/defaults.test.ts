import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { statOf } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { filesOf, refused, started } from './run.ts';

test('a daemon without options is a process of its own, with safe settings', async () => {
  const box = sandbox();
  const seen = await started(box);
  expect(seen).toMatchObject({ cwd: '/', root: '/', umask: '0077', tty: 0, coreLimit: { soft: '0', hard: '0' }, blocked: [] });
  expect(seen.sid).not.toBe(seen.pid);
  expect(seen.sid).not.toBe(statOf(process.pid).sid);
  expect(seen.ignored).toEqual(['SIGPIPE', 'SIGXFSZ']);
  expect(seen.caught).toEqual(expect.arrayContaining(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGUSR1']));
  expect(filesOf(seen).slice(0, 3)).toEqual([0, 1, 2].map((fd) => [fd, '/dev/null']));
  expect(filesOf(seen).filter(([fd, target]) => fd > 2 && target !== '/dev/null')).toEqual([[expect.any(Number), box.path('daemon.pid')]]);
  expect(await box.readPid()).toBe(seen.pid);
  expect(await box.isLocked()).toBe(true);
  expect(statSync(box.path('daemon.pid')).mode & 0o777).toBe(0o644);
});

test('umask, working directory and core dumps follow the options', async () => {
  const box = sandbox();
  const seen = await started(box, { umask: 0o027, workingDirectory: box.directory, preventCore: false });
  expect(seen).toMatchObject({ umask: '0027', cwd: box.directory });
  expect(seen.coreLimit).toEqual((await started(sandbox(), { preventCore: false })).coreLimit);
  expect(seen.coreLimit.hard).not.toBe('0');
});

test('the umask is 0 only when asked for', async () => {
  expect((await started(sandbox(), { umask: 0 })).umask).toBe('0000');
});

test('a log is made with the mode that the umask leaves, whatever the umask of the launcher', async () => {
  const box = sandbox();
  writeFileSync(box.path('kept.log'), 'before\n', { mode: 0o604 });
  const options = JSON.stringify({ stdout: 'new.log', stderr: 'kept.log', umask: 0o027 });
  const script = 'umask 0777; exec "$0" "$@"';
  const { code } = await box.launch('-c', {
    executable: '/bin/sh',
    args: [script, process.execPath, fixture('stage-options'), options],
  });
  expect(code).toBe(0);
  expect(statSync(box.path('new.log')).mode & 0o777).toBe(0o640);
  expect(statSync(box.path('kept.log')).mode & 0o777).toBe(0o604);
});

test('a working directory that goes away on the way is an error of stage 5', async () => {
  const box = sandbox();
  mkdirSync(box.path('going'));
  const finished = await box.launch('stage-removes-directory', { args: [box.path('going')] });
  expect(JSON.parse(finished.stdout)).toMatchObject({ name: 'StartError', stage: 5, cause: 'ENOENT' });
  expect(await box.isLocked()).toBe(false);
});

test.skipIf(notRoot)('a failed stage is told with its number, its name and its cause', async () => {
  const box = sandbox();
  mkdirSync(box.path('closed'), { mode: 0o700 });
  const failure = await refused(box, { user: OTHER, group: OTHER, workingDirectory: box.path('closed') });
  expect(failure).toMatchObject({ name: 'StartError', code: 'ERR_START', stage: 5, cause: 'EACCES' });
  expect(failure.message).toContain('stage 5 (working directory)');
});
