import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ServiceManager } from '../../../packages/daemon/src/service/service-manager.ts';
import { notRoot, OTHER } from '../../core/hold.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { toldBy } from '../launcher/told.ts';
import { failed, inLauncher, logged, started, written } from './start.ts';

const asRoot = test.skipIf(notRoot);

/** A directory that has a program and nothing else. */
function jailWith(box: Sandbox, file: string, lines: string): string {
  mkdirSync(box.path('jail/app'), { recursive: true });
  written(box, `jail/app/${file}`, lines);
  return box.path('jail');
}

asRoot.each([
  [
    'server.cjs',
    `const { createServer } = require('node:http'); console.log(JSON.stringify({ file: __filename, argv: process.argv.slice(1), cwd: process.cwd(), main: require.main === module }));
     createServer().listen('/app/socket');`,
    { file: '/app/server.cjs', main: true },
  ],
  [
    'server.mjs',
    `import { createServer } from 'node:http'; console.log(JSON.stringify({ file: import.meta.filename ?? '/app/server.mjs', argv: process.argv.slice(1), cwd: process.cwd() }));
     createServer().listen('/app/socket');`,
    { file: '/app/server.mjs' },
  ],
])('rootDirectory: the script is inside of it, and is all that there is: %s', async (file, lines, sees) => {
  const box = sandbox();
  const rootDirectory = jailWith(box, file, lines);
  chownSync(box.path('jail/app'), OTHER, OTHER);
  chmodSync(box.path('jail/app', file), 0o444);
  const { pid, output } = await started(box, `/app/${file}`, {
    target: { argv: ['--port', '1'] },
    options: { rootDirectory, workingDirectory: '/app', user: OTHER, group: OTHER, ready: 'listening' },
  });
  expect(JSON.parse(output)).toEqual({ ...sees, argv: [`/app/${file}`, '--port', '1'], cwd: '/app' });
  expect(observe(pid)).toMatchObject({ root: rootDirectory, cwd: `${rootDirectory}/app`, uids: [OTHER, OTHER, OTHER, OTHER] });
  expect(observe(pid).cmdline.slice(-3)).toEqual([`/app/${file}`, '--port', '1']);
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end of the program' });
  expect(await box.isLocked()).toBe(false);
});

asRoot('rootDirectory: what is not inside of it is refused, and so is a relative path', async () => {
  const box = sandbox();
  const options = { rootDirectory: jailWith(box, 'server.cjs', ''), pidFile: box.path('daemon.pid') };
  for (const [script, message] of [
    [written(box, 'server.cjs', ''), /^Option 'target.script'.*ENOENT/],
    ['jail/app/server.cjs', /^Option 'target.script': expected an absolute path, inside of rootDirectory/],
  ] as const) {
    const failure = await failed(box, script, { options });
    expect(failure).toMatchObject({ class: 'OptionError', message: expect.stringMatching(message) });
  }
});

asRoot.each([
  ['server.cjs', 'a file', 0o755, 0o600],
  ['server.mjs', 'a directory', 0o700, 0o644],
])('a program that its user cannot read, %s, is told of by its name: %s', async (file, _, directoryMode, mode) => {
  const box = sandbox();
  mkdirSync(box.path('app'));
  const script = written(box, `app/${file}`, `console.log('never');`);
  chmodSync(script, mode);
  chmodSync(box.path('app'), directoryMode);
  const failure = await failed(box, script, { options: { name: 'web', user: OTHER, group: OTHER } });
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_START',
    exitCode: 1,
    cause: { name: 'DaemonError', code: 'ERR_PROGRAM_UNREADABLE' },
    message: `Daemon 'web' failed: DaemonError: Uid ${OTHER} cannot read the program '${script}' (EACCES): let it read the file, and enter the directories above it`,
  });
});

asRoot('a program that the launcher cannot read is an OptionError, before anything is spawned', async () => {
  const box = sandbox();
  const script = written(box, 'server.cjs', '');
  chmodSync(script, 0o600);
  const launcher = await box.launch('program-launcher', { ...inLauncher(box, script), uid: OTHER, gid: OTHER });
  expect(toldBy(launcher).failure).toMatchObject({
    class: 'OptionError',
    message: expect.stringMatching(/^Option 'target.script'.*EACCES/),
  });
});

/** A service manager that listens, and what it has heard. */
async function manager(box: Sandbox): Promise<() => string[]> {
  const receiver = box.spawn('life-notify-receiver', { args: [box.path('notify')] });
  await until(() => receiver.stdout.startsWith('bound\n'), { what: `the receiver; ${receiver.stderr}` });
  return () =>
    receiver.stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as string);
}

const SERVER = `
  const { existsSync } = require('node:fs');
  const { createServer } = require('node:net');
  // The first turns are over: a program that counted as ready too soon would have said so by now.
  let turns = 0;
  const waiting = setInterval(() => {
    if (++turns === 10) console.log('waits');
    if (turns < 10 || !existsSync(process.argv[2])) return;
    clearInterval(waiting);
    createServer().listen(0, '127.0.0.1');
  }, 10);
  process.on('SIGHUP', () => console.log('reloads'));`;

test('a service manager hears READY when the program is ready, and not before; STOPPING when it is ended', async () => {
  const box = sandbox();
  const heard = await manager(box);
  const how = inLauncher(box, written(box, 'server.cjs', SERVER), {
    options: { detach: false, ready: 'listening', stdout: undefined, stderr: undefined },
    target: { argv: [box.path('go')] },
    launch: { env: { NOTIFY_SOCKET: box.path('notify') } },
  });
  const service = box.spawn('program-launcher', how);
  await until(() => service.stdout === 'waits\n', { what: `the program; ${service.stderr}` });
  // A reload before READY says nothing either.
  service.child.kill('SIGHUP');
  await until(() => service.stdout === 'waits\nreloads\n', { what: 'the reload' });
  // The manager reads one message after the other: what was sent before this one is heard before it.
  new ServiceManager(box.path('notify')).tell('STATUS=not yet');
  await until(() => heard().includes('STATUS=not yet'), { what: 'the message of the test' });
  writeFileSync(box.path('go'), '');
  await until(() => heard().length > 1, { what: 'READY' });
  service.child.kill('SIGTERM');
  await service.finished;
  await until(() => heard().length > 2, { what: 'STOPPING' });
  expect(heard()).toEqual(['STATUS=not yet', 'READY=1', 'STOPPING=1']);
});

test('a detached program: its launcher tells the manager its pid, and that it is ready', async () => {
  const box = sandbox();
  const heard = await manager(box);
  writeFileSync(box.path('go'), '');
  const { pid } = await started(box, written(box, 'server.cjs', SERVER), {
    options: { ready: 'listening' },
    target: { argv: [box.path('go')] },
    launch: { env: { NOTIFY_SOCKET: box.path('notify') } },
  });
  await until(() => heard().length > 0, { what: 'READY' });
  expect(heard()[0]?.split('\n').sort()).toEqual([`MAINPID=${pid}`, 'READY=1']);
  await logged(box, 'waits');
  process.kill(pid, 'SIGTERM');
  await until(() => heard().length > 1, { what: 'STOPPING' });
  expect(heard()[1]).toBe('STOPPING=1');
});
