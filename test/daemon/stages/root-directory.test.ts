import { chownSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { filesOf, inside, refused, started } from './run.ts';

const asRoot = test.skipIf(notRoot);

/** An empty directory that the daemon's user may write into. */
function jailIn(box: Sandbox): string {
  mkdirSync(box.path('jail/data'), { recursive: true });
  chownSync(box.path('jail'), 65534, 65534);
  return box.path('jail');
}

asRoot('an empty jail: no /dev/null, no /proc, no programs', async () => {
  const box = sandbox();
  const rootDirectory = jailIn(box);
  const options = {
    rootDirectory,
    workingDirectory: '/data',
    user: 'nobody',
    stdout: box.path('out.log'),
    stdin: { content: 'from outside' },
  };
  const { seen, said } = await inside(box, options, { report: '/report', file: box.path('jail/report') });
  expect(seen).toMatchObject({ root: rootDirectory, cwd: `${rootDirectory}/data`, uids: [65534, 65534, 65534, 65534], groups: [65534] });
  expect(filesOf(seen).slice(0, 3)).toEqual([
    [0, expect.stringMatching(/ \(deleted\)$/)],
    [1, box.path('out.log')],
    [2, '/dev/null'],
  ]);
  // No directory outside of the jail is open, which would be a way out.
  expect(filesOf(seen).filter(([fd]) => fd > 2)).toEqual([
    [expect.any(Number), box.path('daemon.pid')],
    ...filesOf(seen)
      .filter(([, target]) => target === '/dev/null')
      .slice(1),
  ]);
  expect(said.above).toEqual(said.root);
  expect(said.root).toContain('data');
  expect(said.root).not.toContain('proc');
  expect(Buffer.from(said.stdin, 'base64').toString()).toBe('from outside');
  expect(said.regained).toEqual([]);
  process.kill(seen.pid, 'SIGTERM');
  await until(() => !isRunning(seen.pid), { what: 'the end of the daemon' });
  expect(await box.isLocked()).toBe(false);
  // Its name is outside of the jail, so it cannot be removed.
  expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${seen.pid}\n`);
});

asRoot('every thread is looked at, though there is no /proc in the jail', async () => {
  const box = sandbox();
  const finished = await box.launch('stage-thread-stays-root', { args: [jailIn(box)] });
  expect(JSON.parse(finished.stdout)).toMatchObject({
    stage: 3,
    cause: 'ERR_CREDENTIALS',
    message: expect.stringMatching(/thread \d+ has uids 0,0,0,0/),
  });
});

asRoot('functions of signalMap are there in the jail, and root may stay root', async () => {
  const box = sandbox();
  const { code, stdout } = await box.launch('stage-jail-signals', { args: [jailIn(box)] });
  expect(code, stdout).toBe(0);
  const pid = await box.readPid();
  // Without stage 5, too, the working directory is no way out.
  expect(observe(pid).cwd).toBe(box.path('jail'));
  process.kill(pid, 'SIGUSR2');
  await until(() => readFileSync(box.path('jail/signals'), 'utf8') === 'SIGUSR2\n', { what: 'the signal' });
});

asRoot.each([
  ['a file', './stage-module.js', fixture('stage-module')],
  ['a package', 'pino', "'pino'"],
])('a module that a stage imports in the jail is missing there, and named: %s', async (_, specifier, named) => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('stage-imports', { args: [jailIn(box), specifier] });
  expect(JSON.parse(stdout || stderr)).toMatchObject({
    name: 'StartError',
    stage: 4,
    cause: { code: 'ERR_MODULE_NOT_FOUND', message: expect.stringContaining(named) },
  });
  expect(await box.isLocked()).toBe(false);
});

asRoot('what of the directories can be known is told before anything is spawned', async () => {
  const box = sandbox();
  const rootDirectory = jailIn(box);
  writeFileSync(box.path('file'), '');
  const fault = async (options: object) => (await refused(box, options)).message;
  expect(await fault({ rootDirectory: box.path('none') })).toMatch(/^Option 'rootDirectory': .*ENOENT/);
  expect(await fault({ rootDirectory: box.path('file') })).toMatch(/^Option 'rootDirectory': .*ENOTDIR/);
  expect(await fault({ rootDirectory: 'jail' })).toMatch(/^Option 'rootDirectory': expected an absolute path, got "jail"/);
  expect(await fault({ rootDirectory, workingDirectory: '/none' })).toMatch(/^Option 'workingDirectory': .*ENOENT/);
  // A symlink means something else inside.
  symlinkSync('/data', box.path('jail/link'));
  expect(await started(box, { rootDirectory, workingDirectory: '/link' })).toMatchObject({ cwd: `${rootDirectory}/data` });
});

asRoot('a directory that the script opened is a way out: a warning names it, and there is none without', async () => {
  const box = sandbox();
  const jail = jailIn(box);
  const open = await box.launch('jail-open-directory', { args: [jail, box.directory] });
  expect(open.stdout).toMatch(/DAEMONIUM_OPEN_DIRECTORY.*Directories are open, and lead out of the root directory: descriptor \d+ \(/);
  expect(open.stdout).toContain(`(${box.directory})`);
  await box.reap();
  // One that only came along is closed in stage 8.
  const fd = openSync(box.directory, 'r');
  const shut = await box.launch('jail-open-directory', { args: [jail], descriptors: { 20: fd } });
  closeSync(fd);
  expect(shut).toMatchObject({ code: 0, stderr: '', stdout: '\n' });
});
