import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { childrenOf, observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { filesOf } from './run.ts';

const foreground = (way: string, options: object = {}) => [way, JSON.stringify(options)] as const;

test('start(): all stages in this process, which never returns from it and ends with run()', async () => {
  const box = sandbox();
  const launched = box.spawn('stage-foreground', { args: foreground('start', { umask: 0o027, name: 'fore' }) });
  // A signal between the stages and run() ends it without run().
  await until(() => launched.stdout !== '', { what: `run(); ${launched.stderr}` });
  const { pid } = launched;
  expect(await box.readPid()).toBe(pid);
  expect(childrenOf(pid)).toEqual([]);
  const seen = observe(pid);
  expect(seen).toMatchObject({ umask: '0027', cwd: '/', coreLimit: { soft: '0', hard: '0' } });
  expect(seen.caught).toContain('SIGTERM');
  expect(await box.isLocked()).toBe(true);
  launched.child.kill('SIGTERM');
  expect(await launched.finished).toMatchObject({ code: 0, stdout: 'running as foreground\ncleaned up\n', stderr: '' });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test('activate() returns, acquired before or not; sealing without a daemon; run() called directly has no stages', async () => {
  const box = sandbox();
  const say = async (way: string) => (await box.launch('stage-foreground', { args: foreground(way) })).stdout;
  expect(await say('acquired')).toBe('activated, pid file true\n');
  expect(await say('seal')).toBe('sealed true\n');
  expect(await say('run')).toBe('running as launcher\ntrue false\n');
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test('start() and activate() reject with errors of options, lock and stages', async () => {
  const box = sandbox();
  mkdirSync(box.path('closed'), { mode: 0o700 });
  const say = async (way: string, options: object) => {
    const { stdout, code } = await box.launch('stage-foreground', { args: foreground(way, options) });
    expect(code).toBe(1);
    return JSON.parse(stdout) as object;
  };
  for (const way of ['start', 'activate']) {
    expect(await say(way, { umask: -1 })).toMatchObject({ name: 'OptionError', code: 'ERR_OPTION_RANGE' });
    if (notRoot === false) {
      const dropped = { user: OTHER, group: OTHER, workingDirectory: box.path('closed') };
      expect(await say(way, dropped)).toMatchObject({ code: 'EACCES' });
    }
  }
  const holder = box.spawn('stage-foreground', { args: foreground('start') });
  // Whoever gave up root before could not remove its file: that is not the holder's.
  await until(async () => (await box.readPid()) === holder.pid, { what: "the holder's pid file" });
  for (const way of ['start', 'activate']) expect(await say(way, {})).toMatchObject({ code: 'ERR_ALREADY_LOCKED' });
  holder.child.kill('SIGTERM');
  await holder.finished;
});

test("a start that fails in a stage frees the lock; a lock that the program had before stays the program's", async () => {
  const after = async (...args: string[]) => (await sandbox().launch('stage-borrowed-lock', { args })).stdout;
  expect(await after('before')).toBe('no working directory today true own\nfalse\n');
  expect(await after()).toBe('no working directory today false missing\nfalse\n');
});

test('only the streams that an option names are touched', async () => {
  const box = sandbox();
  writeFileSync(box.path('input'), '');
  const { child, finished } = box.spawn('stage-foreground', { args: foreground('start', { stderr: 'err.log', stdin: 'input' }) });
  const pid = await box.readPid();
  await until(() => filesOf(observe(pid)).some(([fd, target]) => fd === 2 && target === box.path('err.log')), { what: 'stage 9' });
  expect(filesOf(observe(pid)).filter(([fd]) => fd < 3)).toEqual([
    [0, box.path('input')],
    [1, expect.stringMatching(/^socket:/)],
    [2, box.path('err.log')],
  ]);
  child.kill('SIGTERM');
  expect((await finished).code).toBe(0);
});

test('streams in use go on at their new targets: swapped, to a file, to /dev/null', async () => {
  const box = sandbox();
  const say = (options: object) => box.launch('stage-foreground', { args: foreground('used', options) });
  expect(await say({ stdout: 2, stderr: 1 })).toMatchObject({ stdout: 'early out\nlate err\n', stderr: 'early err\nlate out\nwritten\n' });
  expect(await say({ stdout: 'log', stderr: null })).toMatchObject({ stdout: 'early out\n', stderr: 'early err\n' });
  expect(readFileSync(box.path('log'), 'utf8')).toBe('late out\nwritten\n');
});

test.skipIf(spawnSync('script', ['--version']).status !== 0)('a terminal in use is left for the file', async () => {
  const box = sandbox();
  const command = `'${process.execPath}' '${fixture('stage-foreground')}' used '${JSON.stringify({ stdout: 'log', stderr: 'log' })}'`;
  const { stdout } = await box.launch('', { executable: 'script', args: ['-qec', command, '/dev/null'] });
  expect(stdout.replaceAll('\r', '')).toBe('early out\nearly err\n');
  expect(readFileSync(box.path('log'), 'utf8')).toBe('late out\nwritten\nlate err\n');
});

test('a stdin that is being read is not replaced underneath, which would abort the process', async () => {
  const box = sandbox();
  const { stdout, signal } = await box.launch('stage-foreground', { args: foreground('reading', { stdin: null }), stdin: 'pipe' });
  expect(signal).toBe(null);
  expect(JSON.parse(stdout)).toMatchObject({ name: 'DaemonError', stage: 9 });
  const options = { stdin: { content: 'the new one' } };
  expect(await box.launch('stage-foreground', { args: foreground('made', options), stdin: 'pipe' })).toMatchObject({
    code: 0,
    stdout: 'made 0\nread the new one\n',
  });
});

test.skipIf(notRoot)('a jail in the foreground: content for stdin and the streams are opened before', async () => {
  const box = sandbox();
  mkdirSync(box.path('jail'));
  const options = { rootDirectory: box.path('jail'), user: 'nobody', stdin: { content: 'x' }, stdout: 'log', stderr: null };
  const { child, finished } = box.spawn('stage-foreground', { args: foreground('start', options) });
  const pid = await box.readPid();
  await until(() => readFileSync(box.path('log'), 'utf8') !== '', { what: 'the log' });
  expect(observe(pid)).toMatchObject({ root: box.path('jail'), uids: [65534, 65534, 65534, 65534] });
  expect(filesOf(observe(pid)).find(([fd]) => fd === 2)).toEqual([2, '/dev/null']);
  child.kill('SIGTERM');
  expect((await finished).code).toBe(0);
});

test.each(['start', 'activate'])('a module that exports a class: %s() runs its stages and its run(), and is told of them', async (how) => {
  const box = sandbox();
  const { child, finished } = box.spawn('stage-foreground-module', { args: [fixture('stage-foreground-class'), how] });
  await until(() => readFileSync(box.path('heard'), 'utf8').includes('ready'), { what: 'READY' });
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 0, stdout: 'my stage 4\nforeground true true false\ncleaned up\n', stderr: '' });
  const stages = Array.from({ length: 9 }, (_, index) => `stage ${index + 1}\n`).join('');
  expect(readFileSync(box.path('heard'), 'utf8')).toBe(`${stages}ready true\nterminate undefined\nexit 0\n`);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test('a module that cannot be loaded fails the start before any stage, and the lock is free', async () => {
  const box = sandbox();
  writeFileSync(box.path('broken.mjs'), 'export default 7;\n');
  const { code, stderr } = await box.launch('stage-foreground-module', { args: [box.path('broken.mjs')] });
  expect(code).toBe(1);
  expect(stderr).toContain("code: 'ERR_MODULE_TARGET'");
  // There never was a daemon whose end could be told.
  expect(existsSync(box.path('heard'))).toBe(false);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test.skipIf(notRoot)('a module outside of the jail, which its user may not read', async () => {
  const box = sandbox();
  mkdirSync(box.path('jail'));
  // At the same path inside of the jail stands something else.
  const module = box.path('target.mjs');
  mkdirSync(join(box.path('jail'), dirname(module)), { recursive: true });
  writeFileSync(join(box.path('jail'), module), "export default () => console.log('the wrong one');\n");
  copyFileSync(fixture('stage-foreground-function'), module);
  chmodSync(module, 0o600);
  const options = JSON.stringify({ rootDirectory: box.path('jail'), user: 'nobody' });
  const launched = box.spawn('stage-foreground-module', { args: [module, 'start', options] });
  await until(() => launched.stdout !== '' || launched.child.exitCode !== null, { what: 'run()' });
  expect(observe(launched.pid).root).toBe(box.path('jail'));
  launched.child.kill('SIGTERM');
  expect(await launched.finished).toMatchObject({ code: 0, stdout: 'foreground in / as 65534\ncleaned up\n' });
});

test('a second start in the foreground is refused, and takes nothing from the first', async () => {
  const box = sandbox();
  const launched = box.spawn('stage-foreground-twice', { args: ['second'] });
  await until(() => launched.stdout.split('\n').length > 3, { what: 'run()' });
  launched.child.kill('SIGTERM');
  const refused = 'ERR_ALREADY_STARTED';
  expect(await launched.finished).toMatchObject({
    code: 0,
    stdout: `${JSON.stringify([refused, refused, refused])}\nrun 1, locked true, file true\n${refused}\n`,
  });
});

test('a start that failed before its stages is tried again with the lock', async () => {
  const { stdout, code } = await sandbox().launch('stage-foreground-twice', { args: ['retry'] });
  expect({ stdout, code }).toEqual({ stdout: 'not today, locked false, launcher\nmade 2, locked true\nrun\n', code: 0 });
});

test('a script that is its own target, and waits for it, is told why it ends', async () => {
  const { stderr, code } = await sandbox().launch('stage-foreground-twice', { args: ['itself'] });
  expect(code).toBe(13);
  expect(stderr).toContain('they wait for each other: put the target into a module of its own');
});
