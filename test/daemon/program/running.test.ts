import { readFileSync, renameSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { toldBy } from '../launcher/told.ts';
import { ALONE, ended, inLauncher, launchProgram, logged, started, textOf, written } from './start.ts';

const KEPT = 'setInterval(() => {}, 1e9);';

test('its own SIGTERM handler runs to its end', async () => {
  const box = sandbox();
  const lines = `
    process.on('SIGTERM', async () => {
      console.log('saving');
      await new Promise((done) => setTimeout(done, 300));
      console.log('saved');
      process.exit(4);
    });
    ${KEPT}`;
  const { pid } = await started(box, written(box, 'server.cjs', lines));
  // Nothing of ours in the log: process.exit() is how a program may end.
  expect(await ended(box, pid)).toBe('saving\nsaved\n');
});

test('a program whose SIGTERM handler only closes its server ends when its event loop is empty; `exit` listeners are called', async () => {
  const box = sandbox();
  const lines = `
    const alive = setInterval(() => {}, 1e9);
    process.once('SIGTERM', () => { clearInterval(alive); setTimeout(() => console.log('flushed'), 100); });
    process.on('beforeExit', () => console.log('beforeExit'));
    process.on('exit', (code) => console.log('exit', code));`;
  const { pid } = await started(box, written(box, 'server.mjs', lines));
  const log = await ended(box, pid);
  expect(log).toMatch(/^flushed\nbeforeExit\n/);
  expect(log).toMatch(/exit 0\n$/);
});

test('SIGTERM ends a program without a handler of its own at once', async () => {
  const box = sandbox();
  const { pid } = await started(box, written(box, 'server.cjs', `process.on('exit', (code) => console.log('exit', code)); ${KEPT}`));
  expect(await ended(box, pid)).toBe('exit 0\n');
});

test('a program whose work is done ends, and nothing starts it again', async () => {
  const box = sandbox();
  const lines = `${ALONE} console.log('at work'); alone(() => console.log('done'));`;
  const { pid } = await started(box, written(box, 'job.cjs', lines));
  await until(() => !isRunning(pid), { what: 'its end' });
  expect(textOf(box)).toBe('at work\ndone\n');
  expect(await box.isLocked()).toBe(false);
});

test('a program that is done when it has been evaluated has been started, and ends', async () => {
  const box = sandbox();
  const { pid, output } = await started(
    box,
    written(box, 'job.mjs', `console.log('done'); process.on('exit', (code) => console.log('exit', code));`),
  );
  expect(output).toBe('done\n');
  await until(() => !isRunning(pid), { what: 'its end' });
  expect(textOf(box)).toBe('done\nexit 0\n');
});

test('an uncaught error after it is ready is in the log, and its lock is free', async () => {
  const box = sandbox();
  const lines = `${ALONE} alone(() => { throw new TypeError('on purpose'); });`;
  const { pid } = await started(box, written(box, 'server.cjs', lines));
  await until(() => !isRunning(pid), { what: 'its end' });
  expect(textOf(box)).toContain('TypeError: on purpose');
  expect(await box.isLocked()).toBe(false);
});

test.each([
  ['console.log', 'console.log("to stdout"); console.error("to stderr");'],
  ['process.stdout.write', 'process.stdout.write("to stdout\\n"); process.stderr.write(Buffer.from("to stderr\\n"));'],
  [
    'bytes and encodings',
    'process.stdout.write("746f2073", "hex"); process.stdout.write("tdout\\n", "latin1", () => {}); process.stderr.write(new Uint8Array(Buffer.from("to stderr\\n")));',
  ],
])('output before it is ready reaches the launcher, and the log: %s', async (_, print) => {
  const box = sandbox();
  const lines = `${ALONE} ${print} alone(() => console.log('later')); ${KEPT}`;
  const { pid, output, error } = await started(box, written(box, 'server.cjs', lines));
  expect({ output, error }).toEqual({ output: 'to stdout\n', error: 'to stderr\n' });
  expect(await logged(box, 'later')).toBe('to stdout\nto stderr\nlater\n');
  await ended(box, pid);
});

test('a character whose bytes are written one by one reaches the launcher whole', async () => {
  const box = sandbox();
  const lines = `for (const byte of Buffer.from('ä€𝄞')) process.stdout.write(Buffer.of(byte)); ${KEPT}`;
  const { pid, output } = await started(box, written(box, 'server.cjs', lines));
  expect(output).toBe('ä€𝄞');
  expect(await ended(box, pid)).toBe('ä€𝄞');
});

test('a chunk that is no output is refused as under node', async () => {
  const box = sandbox();
  const lines = `try { process.stdout.write(7); } catch (error) { console.log(error.code); } ${KEPT}`;
  const { pid, output } = await started(box, written(box, 'server.cjs', lines));
  expect(output).toBe('ERR_INVALID_ARG_TYPE\n');
  await ended(box, pid);
});

test('its log is opened again at SIGHUP, and a listener of its own is told', async () => {
  const box = sandbox();
  const lines = `console.log('first'); process.on('SIGHUP', () => setImmediate(() => console.log('reloaded'))); ${KEPT}`;
  const { pid } = await started(box, written(box, 'server.cjs', lines));
  renameSync(box.path('daemon.log'), box.path('daemon.log.1'));
  process.kill(pid, 'SIGHUP');
  expect(await logged(box, 'reloaded')).toBe('reloaded\n');
  expect(textOf(box, 'daemon.log.1')).toBe('first\n');
  expect(observe(pid).fds.filter(({ target }) => target === box.path('daemon.log.1'))).toEqual([]);
  await ended(box, pid);
});

test('in the foreground it is this process, with its arguments, its exit code and its signals', async () => {
  const box = sandbox();
  const lines = `process.on('SIGTERM', () => process.exit(6));
    console.log(JSON.stringify([process.pid, process.argv.slice(1), require.main === module, process.cwd()])); ${KEPT}`;
  const script = written(box, 'server.cjs', lines);
  const launcher = box.spawn(
    'program-launcher',
    inLauncher(box, script, { options: { detach: false, stdout: undefined, stderr: undefined }, target: { argv: ['--x', 'y'] } }),
  );
  await until(() => launcher.stdout.endsWith('\n'), { what: 'the program' });
  expect(JSON.parse(launcher.stdout)).toEqual([launcher.pid, [script, '--x', 'y'], true, '/']);
  expect(await box.readPid()).toBe(launcher.pid);
  launcher.child.kill('SIGTERM');
  expect(await launcher.finished).toMatchObject({ code: 6, stderr: '' });
  expect(await box.isLocked()).toBe(false);
});

test('in the foreground an uncaught error ends it as under node', async () => {
  const box = sandbox();
  const script = written(box, 'server.mjs', `await null; throw new TypeError('on purpose');`);
  const { code, stderr } = await launchProgram(box, script, { options: { detach: false, stdout: undefined, stderr: undefined } });
  expect(code).toBe(1);
  expect(stderr).toContain('TypeError: on purpose');
});

test('in the foreground process.exit() before it is ready is its exit code', async () => {
  const box = sandbox();
  const script = written(box, 'server.cjs', `console.error('no config'); process.exit(3);`);
  const { code, stderr } = await launchProgram(box, script, { options: { detach: false, stdout: undefined, stderr: undefined } });
  expect({ code, stderr }).toEqual({ code: 3, stderr: 'no config\n' });
});

const notRoot = inject('notRoot');
const hasNobody = /^nobody:/m.test(readFileSync('/etc/passwd', 'utf8'));

test.skipIf(notRoot || !hasNobody)('under `user` it runs with the rights of that user alone', async () => {
  const box = sandbox();
  const lines = `
    try { process.setuid(0); } catch (error) { console.log(error.code, process.getuid(), process.geteuid()); }
    require('node:net').createServer().listen(0, '127.0.0.1');`;
  const { pid, output } = await started(box, written(box, 'server.cjs', lines), { options: { user: 'nobody', ready: 'listening' } });
  expect(output).toBe('EPERM 65534 65534\n');
  expect(observe(pid).uids).toEqual([65534, 65534, 65534, 65534]);
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: `the end of ${pid}` });
  expect(await box.isLocked()).toBe(false);
});

test('a program that uses @daemonium/daemon itself starts a daemon of its own', async () => {
  const box = sandbox();
  const inner = written(box, 'inner.cjs', `console.log('inner runs'); ${KEPT}`);
  const lines = `
    import { Daemon, isDaemonProcess } from ${JSON.stringify(import.meta.resolve('@daemonium/daemon'))};
    console.log('outer', isDaemonProcess);
    const daemon = new Daemon({ target: { script: ${JSON.stringify(inner)} }, detach: true, pidFile: ${JSON.stringify(box.path('inner.pid'))}, stdout: ${JSON.stringify(box.path('inner.log'))} });
    await daemon.start();
    console.log('inner is', daemon.pid);
    ${KEPT}`;
  const { pid } = await started(box, written(box, 'outer.mjs', lines));
  const innerPid = Number(/inner is (\d+)/.exec(await logged(box, 'inner is'))?.[1]);
  expect(await box.readPid('inner.pid')).toBe(innerPid);
  expect(innerPid).not.toBe(pid);
  await ended(box, pid);
  expect(isRunning(innerPid)).toBe(true);
  expect(await logged(box, 'inner runs', 'inner.log')).toBe('inner runs\n');
});

test('control(): each verb, as a program is there', async () => {
  const box = sandbox();
  const lines = `
    process.on('SIGTERM', () => { console.log('down'); process.exit(); });
    process.on('SIGHUP', () => console.log('reloads'));
    console.log('up', process.argv[2]);
    require('node:net').createServer().listen(0, '127.0.0.1');`;
  const script = written(box, 'server.cjs', lines);
  const how = inLauncher(box, script, { options: { name: 'web', ready: 'listening' }, target: { argv: ['a'] } });
  const run = (...args: string[]) => box.launch('program-launcher', { ...how, args });
  const said = (text: string, code = 0) => ({ code, stderr: '', stdout: text });
  const start = await run('start');
  const pid = await box.readPid();
  expect(start).toMatchObject(said(`up a\nweb started, pid ${pid}\n`));
  expect(await run('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`web is running, pid ${pid}, since `) });
  expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ running: true, pid });
  expect(await run('start')).toMatchObject(said(`web is already running, pid ${pid}\n`));
  expect(await run('foreground')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(String(pid)) });
  const restart = await run('restart');
  const second = await box.readPid();
  expect(restart).toMatchObject(said(`up a\nweb restarted, pid ${second}\n`));
  expect([second === pid, isRunning(pid)]).toEqual([false, false]);
  expect(await run('reload')).toMatchObject(said('web was told to reload\n'));
  await logged(box, 'reloads');
  expect(await run('stop')).toMatchObject(said(`web stopped, pid ${second}\n`));
  expect(isRunning(second)).toBe(false);
  expect(await run('status')).toMatchObject({ code: 3 });
  expect(await run('stop')).toMatchObject(said('web is not running\n'));
  expect(await run('reload')).toMatchObject({ code: 7 });
  expect(textOf(box)).toBe('up a\ndown\nup a\nreloads\ndown\n');
  // In the foreground what would go to the log is shown, and the program has this process.
  const foreground = box.spawn('program-launcher', { ...how, args: ['foreground'] });
  await until(() => foreground.stdout === 'up a\n', { what: `the program; ${foreground.stderr}` });
  expect(await box.readPid()).toBe(foreground.pid);
  foreground.child.kill('SIGTERM');
  expect(await foreground.finished).toMatchObject(said('up a\ndown\n'));
  expect(await box.isLocked()).toBe(false);
});

test('control start of a program that fails exits with 1, and says why', async () => {
  const box = sandbox();
  const script = written(box, 'server.cjs', `console.error('no config'); process.exit(3);`);
  const { code, stderr } = await box.launch('program-launcher', {
    ...inLauncher(box, script, { options: { name: 'web' } }),
    args: ['start'],
  });
  expect(code).toBe(1);
  expect(stderr).toContain("Daemon 'web' exited with 3 before it was ready");
  expect(stderr).toContain('no config');
});

test('two starts at once make one program', async () => {
  const box = sandbox();
  const script = written(box, 'server.cjs', KEPT);
  const both = (await Promise.all([launchProgram(box, script), launchProgram(box, script)])).map(toldBy);
  expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
  expect(both.find(({ ok }) => !ok)?.failure?.class).toBe('AlreadyLockedError');
});
