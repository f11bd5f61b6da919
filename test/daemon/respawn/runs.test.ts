import { chmodSync, constants, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, inject, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { behave, expectNothingLeft, pidsThatTold, started, untilState, untilTold } from './subject.ts';

const notRoot = inject('notRoot');

test('the log has the errors of a later run before stage 9: a SyntaxError, and an error of a stage', async () => {
  const box = sandbox();
  const script = box.path('app.mjs');
  const program = `
    import { Daemon } from ${JSON.stringify(new URL('../../../packages/daemon/dist/index.js', import.meta.url).href)};
    import { appendFileSync } from 'node:fs';
    const target = async () => { appendFileSync('${box.path('runs')}', 'run ' + process.pid + '\\n'); await new Promise((r) => setTimeout(r, 1e6)); };
    const log = '${box.path('logs/out.log')}';
    const daemon = new Daemon({ pidFile: '${box.path('daemon.pid')}', detach: true, respawn: { delay: 20, factor: 1 }, stdout: log, stderr: log, target });
    await daemon.start();`;
  writeFileSync(script, program);
  mkdirSync(box.path('logs'));
  const log = () => readFileSync(box.path('logs/out.log'), 'utf8');
  expect(await box.launch(script)).toMatchObject({ stderr: '', code: 0 });
  const first = await untilTold(box, 1);
  // Not through a half-written file.
  writeFileSync(box.path('broken'), '{ this is no program');
  renameSync(box.path('broken'), script);
  process.kill(first, 'SIGKILL');
  await until(() => log().includes('SyntaxError'), { what: 'a SyntaxError in the log' });
  writeFileSync(box.path('whole'), program);
  renameSync(box.path('whole'), script);
  const second = await untilTold(box, 2);
  // The directory is gone: the run says so where the shell's output goes, and the next one, with it back, works.
  renameSync(box.path('logs'), box.path('elsewhere'));
  process.kill(second, 'SIGKILL');
  await until(() => readFileSync(box.path('elsewhere/out.log'), 'utf8').includes('ENOENT'), { what: 'the error of stage 1 in the log' });
  mkdirSync(box.path('logs'));
  const third = await untilTold(box, 3);
  await until(() => observe(third).fds.find(({ fd }) => fd === 1)?.target === box.path('logs/out.log'), { what: 'the new log' });
  process.kill(await box.readPid(), 'SIGTERM');
  await expectNothingLeft(box);
});

test('later runs read the content of stdin, and whatever the payload holds, anew; a rotated log is opened by its path', async () => {
  const box = sandbox();
  const { daemon } = await started(box, {
    ...{
      respawn: { delay: 0, on: 'always' },
      stdin: { content: 'read me' },
      stdout: box.path('out.log'),
      args: [{ big: 'x'.repeat(100_000) }] as never,
    },
  });
  for (const count of [2, 3]) {
    daemon.kill('SIGKILL');
    const pid = await untilTold(box, count);
    await untilState(daemon, 'running');
    const { fds } = observe(pid);
    expect(readFileSync(`/proc/${pid}/fdinfo/0`, 'utf8')).toMatch(/^pos:\s*0$/m);
    // Nothing of the shell's: lock, its note, and the streams.
    expect(
      fds.filter(({ fd, target }) => fd > 2 && !/^(anon_inode|pipe)/.test(target)).map(({ target }) => target.replace(/#?\d+/, '*')),
    ).toEqual(expect.not.arrayContaining([expect.stringContaining('daemon.state')]));
  }
  expect(statSync(box.path('out.log')).size).toBe(0);
  await daemon.stop();
  await expectNothingLeft(box);
});

test('a logger goes on in the file of now, and not in the one that was rotated away', async () => {
  const box = sandbox();
  const options = { pidFile: box.path('daemon.pid'), detach: true, log: true, respawn: { delay: 0 } };
  expect((await box.launch('life-daemon', { args: ['idle', box.directory, JSON.stringify(options)] })).code).toBe(0);
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  renameSync(box.path('log'), box.path('log.1'));
  daemon.kill('SIGKILL');
  await until(() => readFileSync(box.path('log'), 'utf8').includes('stage 9 done'), { what: 'the log of the second run' });
  await daemon.stop();
});

test('a healthy run starts the pauses anew; a limit ends it, and leaves the last exit to be read', async () => {
  const box = sandbox();
  const { daemon, supervisor } = await started(box, { respawn: { delay: 0, factor: 1, limit: 2, healthyAfter: 10 } });
  // Each run is healthy before it is killed, so no limit is ever reached.
  const [note] = observe(supervisor).cmdline.slice(12);
  const untilHealthy = () => until(() => statSync(`/proc/${supervisor}/fd/${note}`).size > 0, { what: 'the note of a healthy run' });
  for (const count of [2, 3, 4, 5]) {
    await untilHealthy();
    daemon.kill('SIGKILL');
    await untilTold(box, count);
    await until(() => daemon.status().pid === pidsThatTold(box)[count - 1], { what: 'its proof' });
  }
  await untilHealthy();
  behave(box, 'exit 9');
  daemon.kill('SIGKILL');
  await untilState(daemon, 'stopped');
  expect(daemon.status()).toMatchObject({ running: false, restarts: 6, lastExit: { code: 9, signal: null }, supervisor: null });
  await until(() => !isRunning(supervisor), { what: 'the end of the shell, which has freed the lock' });
  // The next start begins anew.
  behave(box, 'wait');
  const again = await started(box);
  expect(again.daemon.status()).toMatchObject({ restarts: 0, lastExit: null });
  await again.daemon.stop();
  await expectNothingLeft(box);
});

test('Node.js is gone, which is a crash like others, and then another file is in its place', async () => {
  const box = sandbox();
  const node = box.path('node');
  const copy = (to: string) => copyFileSync(process.execPath, to, constants.COPYFILE_FICLONE);
  copy(node);
  const options = { respawn: { delay: 20, factor: 1 }, stderr: box.path('err.log') };
  const { daemon, pid, supervisor } = await started(box, options, { executable: node });
  expect(observe(pid).exe).toBe(node);
  rmSync(node);
  daemon.kill('SIGKILL');
  await until(() => daemon.status().lastExit?.code === 127, { what: 'a try without Node.js' });
  expect(daemon.status()).toMatchObject({ running: true, supervisor });
  expect(readFileSync(box.path('err.log'), 'utf8')).toMatch(/node: (not found|No such file)/);
  copy(box.path('new'));
  renameSync(box.path('new'), node);
  const second = await untilTold(box, 2);
  await until(() => daemon.status().pid === second, { what: 'its proof' });
  expect([observe(second).exe, observe(second).ppid]).toEqual([node, supervisor]);
  await daemon.stop();
  await expectNothingLeft(box);
});

test('a run that does not get ready in time ends itself, and says so', async () => {
  const box = sandbox();
  const first = await box.launch('respawn-never-ready', { args: [box.directory] });
  expect(first).toMatchObject({ stderr: '', code: 0 });
  process.kill(Number(JSON.parse(first.stdout).pid), 'SIGKILL');
  await until(() => readFileSync(box.path('err.log'), 'utf8').includes('was not ready within 60000 ms of being started again'), {
    what: 'its word',
  });
  process.kill(await box.readPid(), 'SIGTERM');
  await until(async () => !(await box.isLocked()), { what: 'the end' });
});

test('too much memory: it ends in good order, with 75, and comes back', async () => {
  const box = sandbox();
  const { daemon, pid } = await started(box, { respawn: { delay: 0, memory: '180M' }, stderr: box.path('err.log') });
  behave(box, `grow ${200 * 2 ** 20}`);
  daemon.kill('SIGKILL');
  const large = await untilTold(box, 2);
  behave(box, 'wait');
  const third = await untilTold(box, 3);
  expect([pidsThatTold(box, 'end'), pidsThatTold(box, 'exit')]).toEqual([[large], [75]]);
  await until(() => daemon.status().pid === third, { what: 'the third run' });
  expect(daemon.status()).toMatchObject({ restarts: 2, lastExit: { code: 75, signal: null } });
  expect(readFileSync(box.path('err.log'), 'utf8')).toMatch(/bytes of memory, and respawn.memory is 188743680/);
  expect(third).not.toBe(pid);
  await daemon.stop();
});

test.skipIf(notRoot)('with user dropped the shell stays root: later runs drop it again, and only root stops them', async () => {
  const box = sandbox();
  writeFileSync(box.path('runs'), '');
  const other = 61_235;
  chmodSync(box.path('runs'), 0o666);
  const { daemon, supervisor } = await started(box, { respawn: { delay: 0 }, user: other, group: other, stdout: box.path('out.log') });
  daemon.kill('SIGKILL');
  const second = await untilTold(box, 2);
  await until(() => daemon.status().pid === second, { what: 'the second run' });
  expect([observe(supervisor).uids, observe(second).uids]).toEqual([
    [0, 0, 0, 0],
    [other, other, other, other],
  ]);
  // Nothing that root believes can be written by it.
  const writable = observe(second).fds.filter(({ target, flags }) => (flags & 3) !== 0 && /daemon\.(pid|state)/.test(target));
  expect(writable).toEqual([]);
  const asOther = await box.launch(fixture('life-ask'), { args: [box.path('daemon.pid'), 'stop'], uid: other, gid: other });
  expect(asOther.stdout + asOther.stderr).toMatch(/EPERM|ERR_HOLDER_UNPROVED|ERR_PID_FILE_INSECURE/);
  process.kill(supervisor, 'SIGHUP');
  expect(await untilTold(box, 1, 'reload')).toBe(second);
  await daemon.stop();
  await expectNothingLeft(box);
});
