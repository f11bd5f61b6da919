import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { LaunchOptions } from '../../helpers/launch.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const AUTO = fixture('host-auto');
const NODE = process.execPath;
const NAMESPACE = ['--pid', '--fork', '--mount-proc'];
const canUnshare = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
const hasTerminal = canUnshare && spawnSync('script', ['--version']).status === 0 && existsSync('/bin/bash');

/** Runs a command as pid 1 of a pid namespace of its own, and gives what it printed. */
async function asInit(box: Sandbox, command: readonly string[], options: LaunchOptions = {}): Promise<string> {
  const { stdout, stderr } = await box.launch('', { executable: 'unshare', args: [...NAMESPACE, ...command], ...options });
  return stdout.trim() || stderr;
}

/** Types into a shell that is pid 1 on a terminal; what is typed writes its result into the file `out`. */
async function typed(box: Sandbox, shell: string, line: string): Promise<string> {
  const command = ['unshare', ...NAMESPACE, shell, '--norc', '-i'].join(' ');
  const terminal = box.spawn('', { executable: 'script', args: ['-qec', command, '/dev/null'], stdin: 'pipe' });
  terminal.child.stdin?.write(`${line} > out 2> errors\n`);
  const out = await until(() => readFileSync(box.path('out'), 'utf8'), { what: 'the result' });
  terminal.child.stdin?.end('exit\n');
  await terminal.finished;
  return out.trim();
}

test('a daemon detaches when it is started from a shell', async () => {
  const box = sandbox();
  expect((await box.launch('host-auto')).stdout).toBe('launcher\n');
});

test('a daemon detaches when its stdin is a pipe of another program', async () => {
  const box = sandbox();
  expect((await box.launch('host-auto', { stdin: { content: 'x' } })).stdout).toBe('launcher\n');
});

test.each(['SYSTEMD_EXEC_PID', 'LISTEN_PID'])(
  '%s of this process keeps it in the foreground, that of an ancestor does not',
  async (name) => {
    const box = sandbox();
    const run = (exec: string) =>
      box.launch('-c', { executable: '/bin/sh', args: [`export ${name}=$$; ${exec} "$0" "$1"; true`, NODE, AUTO] });
    expect((await run('exec')).stdout).toBe('foreground\n');
    expect((await run('')).stdout).toBe('launcher\n');
  },
);

test.each(['127.0.0.1', '::1'])('inetd: a connection over %s as stdin keeps it in the foreground', async (host) => {
  const box = sandbox();
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, host);
  const [connection] = (await once(server, 'connection')) as [Socket];
  const { fd } = (connection as unknown as { readonly _handle: { readonly fd: number } })._handle;
  expect((await box.launch('host-auto', { stdin: fd })).stdout).toBe('foreground\n');
  client.destroy();
  connection.destroy();
  server.close();
});

test.skipIf(!canUnshare)('as pid 1 it stays', async () => {
  expect(await asInit(sandbox(), [NODE, AUTO])).toBe('foreground');
});

test.skipIf(!canUnshare)('as a child of a start script that is pid 1 it stays', async () => {
  expect(await asInit(sandbox(), ['/bin/sh', '-c', `${NODE} ${AUTO}; true`])).toBe('foreground');
});

test.skipIf(!canUnshare)('started by init into a session of its own it stays', async () => {
  expect(await asInit(sandbox(), ['/bin/sh', '-c', `setsid ${NODE} ${AUTO}; true`])).toBe('foreground');
});

test.skipIf(!canUnshare)('a grandchild of pid 1 detaches', async () => {
  const box = sandbox();
  writeFileSync(box.path('entry.sh'), `${NODE} ${AUTO}; true\n`);
  expect(await asInit(box, ['/bin/sh', '-c', 'sh ./entry.sh; true'])).toBe('launcher');
});

test.skipIf(!canUnshare)('an orphan of the session of some shell detaches', async () => {
  const box = sandbox();
  const orphan = `setsid sh -c '${NODE} ${AUTO} --orphan > out 2>&1 & true'; until [ -s out ]; do :; done; cat out`;
  expect(await asInit(box, ['/bin/sh', '-c', orphan])).toBe('launcher');
});

test.skipIf(!hasTerminal)('typed into an interactive shell that is pid 1 it detaches', async () => {
  expect(await typed(sandbox(), '/bin/bash', `${NODE} ${AUTO}`)).toBe('launcher');
});

test.skipIf(!hasTerminal)('an init that gives its child group and terminal, as tini does, keeps it in the foreground', async () => {
  const box = sandbox();
  // The name is what makes the difference: the rest of its behaviour is that of tini -g.
  copyFileSync('/bin/bash', box.path('tini'));
  // A terminal shows stderr, too: that there was nothing left to do.
  expect((await typed(box, box.path('tini'), `${NODE} ${AUTO}`)).split('\n')[0]?.trim()).toBe('foreground');
});

test.skipIf(!canUnshare)('`CMD ["npm","start"]` does not detach', async () => {
  const box = sandbox();
  writeFileSync(box.path('package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: `node ${AUTO}; true` } }));
  expect(await asInit(box, ['npm', 'start', '--silent'], { env: { HOME: box.directory, npm_config_update_notifier: 'false' } })).toBe(
    'foreground',
  );
});

test('`npm start` in a shell detaches', async () => {
  const box = sandbox();
  writeFileSync(box.path('package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: `node ${AUTO}; true` } }));
  const { stdout } = await box.launch('start', { executable: 'npm', args: ['--silent'], env: { HOME: box.directory } });
  expect(stdout).toBe('launcher\n');
});

test('systemd started npm: it stays, though the variable names an ancestor', async () => {
  const box = sandbox();
  writeFileSync(box.path('package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: `node ${AUTO}; true` } }));
  const script = 'export SYSTEMD_EXEC_PID=$$; exec npm start --silent';
  const { stdout } = await box.launch('-c', { executable: '/bin/sh', args: [script], env: { HOME: box.directory } });
  expect(stdout).toBe('foreground\n');
});

/** A program's name is that of its file: a shell by another name is a supervisor as far as anybody can see. */
test.each([
  ['runsv', 'foreground'],
  ['s6-supervise', 'foreground'],
  ['supervise', 'foreground'],
  ['supervise-daemon', 'foreground'],
  ['supervisord', 'foreground'],
  ['monit', 'launcher'],
  ['sh', 'launcher'],
])('as a child of %s: %s', async (name, role) => {
  const box = sandbox();
  copyFileSync('/bin/sh', box.path(name));
  const { stdout } = await box.launch('-c', { executable: box.path(name), args: [`${NODE} ${AUTO}; true`] });
  expect(stdout).toBe(`${role}\n`);
});

test('as a child of npm that a supervisor started it stays, and as a grandchild of one it detaches', async () => {
  const box = sandbox();
  copyFileSync('/bin/sh', box.path('runsv'));
  writeFileSync(box.path('package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: `node ${AUTO}; true` } }));
  const run = (script: string) => box.launch('-c', { executable: box.path('runsv'), args: [script], env: { HOME: box.directory } });
  expect((await run('npm start --silent; true')).stdout).toBe('foreground\n');
  expect((await run(`sh -c '${NODE} ${AUTO}; true'; true`)).stdout).toBe('launcher\n');
});

/** An init by the name of systemd: it starts a service, or takes in an orphan that leads a session of its own, as of `setsid -f`. */
test.skipIf(!canUnshare).each([
  ['a service', { INVOCATION_ID: '0123456789abcdef0123456789abcdef' }, `${NODE} ${AUTO} > out; cat out`, 'foreground'],
  [
    'what it only took in',
    {},
    `sh -c 'setsid ${NODE} ${AUTO} --orphan > out 2>&1 & true'; until [ -s out ]; do :; done; cat out`,
    'launcher',
  ],
])('where systemd is pid 1: %s', async (_, env, script, role) => {
  const box = sandbox();
  copyFileSync('/bin/sh', box.path('systemd'));
  expect((await asInit(box, [box.path('systemd'), '-c', script], { env })).split('\n')[0]).toBe(role);
});

test.skipIf(!canUnshare)('without systemd, a process that leads its own session stays in the foreground', async () => {
  const box = sandbox();
  const script = `sh -c 'setsid ${NODE} ${AUTO} --orphan > out 2>&1 & true'; until [ -s out ]; do :; done; cat out`;
  expect((await asInit(box, ['/bin/sh', '-c', script])).split('\n')[0]).toBe('foreground');
});
