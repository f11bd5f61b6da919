import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { ask, freePort, freePrivilegedPort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const notRoot = inject('notRoot');

test('the launcher listens, the daemon answers, and the stop leaves no file', async () => {
  const box = sandbox();
  const port = await freePort();
  // Longer than an address can be.
  const directory = box.path('a'.repeat(100));
  mkdirSync(directory);
  const path = join(directory, 'web.sock');
  const options = JSON.stringify({ listen: [{ host: '127.0.0.1', port, name: 'web' }, { path, mode: 0o660, name: 'admin' }, '[::1]:0'] });
  const launcher = await box.launch('listen-http', { args: [options] });
  expect(launcher).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const pid = await box.readPid();
  expect((await ask({ port })).body).toBe(`${pid} web`);
  expect(lstatSync(path).mode & 0o777).toBe(0o660);
  expect(readdirSync(box.directory).sort()).toEqual(['a'.repeat(100), 'daemon.pid', 'daemon.request']);
  // The connection of the question, and the line to the launcher, are closed a little later.
  const sockets = await until(
    () => {
      const open = observe(pid).fds.filter(({ target }) => target.startsWith('socket:'));
      return open.length <= 4 && open;
    },
    { what: 'three sockets to listen on, and one for requests' },
  );
  expect(sockets).toHaveLength(4);
  // Nothing that a child of the daemon would inherit.
  expect(sockets.filter(({ closeOnExec }) => !closeOnExec)).toEqual([]);
  expect(lstatSync(box.path('daemon.request')).mode & 0o777).toBe(0o600);

  expect(await box.launch('listen-http', { args: [options, 'stop'] })).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(box.directory)).toEqual(['a'.repeat(100)]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a daemon that was killed leaves its socket file: the next start replaces it, and a stop that kills removes it', async () => {
  const box = sandbox();
  const path = box.path('web.sock');
  const options = JSON.stringify({ listen: [path], stopTimeout: 0 });
  expect(await box.launch('listen-http', { args: [options] })).toMatchObject({ code: 0 });
  const first = await box.readPid();
  process.kill(first, 'SIGKILL');
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
  expect(lstatSync(path).isSocket()).toBe(true);
  expect(await box.launch('listen-http', { args: [options] })).toMatchObject({ code: 0 });
  const second = await box.readPid();
  expect((await ask({ socketPath: path })).body).toBe(`${second} unknown`);
  // It cannot remove anything: it is stopped by SIGKILL.
  process.kill(second, 'SIGSTOP');
  expect(await box.launch('listen-http', { args: [options, 'stop'] })).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(box.directory)).toEqual([]);
});

test.each([{}, { respawn: true }])('a daemon that has finished in its first turn leaves no socket: %j', async (more) => {
  const box = sandbox();
  const options = JSON.stringify({ listen: [box.path('web.sock')], ...more });
  expect(await box.launch('listen-done', { args: [options] })).toMatchObject({ code: 0, stderr: '' });
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
  expect(readdirSync(box.directory)).toEqual([]);
});

test('an address that cannot be listened on is an error before anything is spawned, and no file stays', async () => {
  const box = sandbox();
  const port = await freePort();
  const other = createServer().listen(box.path('taken'));
  writeFileSync(box.path('file'), 'precious');
  const cases = [
    [[port, port + 0.5], 'ERR_OPTION_RANGE', 'listen[1]'],
    [
      [box.path('free.sock'), box.path('taken')],
      'EADDRINUSE',
      `Cannot listen on ${box.path('taken')}: another process listens there (EADDRINUSE)`,
    ],
    [[box.path('free.sock'), box.path('none', 'x.sock')], 'ERR_OPTION_VALUE', 'ENOENT: no such file or directory'],
    [[box.path('free.sock'), { host: '192.0.2.1', port }], 'EADDRNOTAVAIL', 'this host has no such address'],
    [[box.path('file')], 'ERR_OPTION_VALUE', 'a file that is no socket'],
  ] as const;
  for (const [listen, code, message] of cases) {
    const { stdout, code: status } = await box.launch('listen-http', { args: [JSON.stringify({ listen })] });
    const said = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(said.message).toContain(message);
    expect(said.code).toBe(code);
    expect(readdirSync(box.directory).sort()).toEqual(['file', 'taken']);
  }
  await new Promise((resolve) => other.close(resolve));
});

test('a start that fails leaves no socket', async () => {
  const box = sandbox();
  const options = JSON.stringify({ listen: [box.path('web.sock')], workingDirectory: '/', waitForReady: true, startTimeout: 500 });
  const { stdout } = await box.launch('listen-http', { args: [options] });
  expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_START_TIMEOUT' });
  expect(readdirSync(box.directory)).toEqual([]);
});

test('in the foreground this process listens itself', async () => {
  const box = sandbox();
  const options = JSON.stringify({ listen: [box.path('web.sock')], detach: false });
  const running = box.spawn('listen-http', { args: [options] });
  const pid = await box.readPid();
  expect(pid).toBe(running.pid);
  expect((await until(() => ask({ socketPath: box.path('web.sock') }), { what: 'an answer' })).body).toBe(`${pid} unknown`);
  running.child.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 0 });
  expect(readdirSync(box.directory)).toEqual([]);
});

test('a program takes the sockets by their addresses, and its own listen() of others is ordinary', async () => {
  const box = sandbox();
  const [port, own] = [await freePort(), await freePort()];
  const options = JSON.stringify({ listen: [port, box.path('web.sock')] });
  const launcher = await box.launch('listen-start-program', { args: [options, String(port), box.path('web.sock'), String(own)] });
  expect(launcher).toMatchObject({ code: 0, stderr: '' });
  const pid = await box.readPid();
  for (const where of [{ port }, { socketPath: box.path('web.sock') }, { port: own }]) {
    expect((await until(() => ask(where), { what: 'an answer' })).body).toBe(`${pid} program`);
  }
  process.kill(pid, 'SIGTERM');
  await until(() => readdirSync(box.directory).length === 0, { what: 'nothing left' });
});

test.skipIf(notRoot !== false)('a privileged port is for a daemon that has given up root', async () => {
  const box = sandbox();
  const port = await freePrivilegedPort();
  const options = JSON.stringify({ listen: [{ host: '127.0.0.1', port }], user: 'nobody' });
  expect(await box.launch('listen-http', { args: [options] })).toMatchObject({ code: 0, stdout: '' });
  const pid = await box.readPid();
  expect(observe(pid).uids).not.toContain(0);
  expect((await ask({ port })).body).toBe(`${pid} unknown`);
  // It has lost the right to remove its files.
  expect(await box.launch('listen-http', { args: [options, 'stop'] })).toMatchObject({ code: 0 });
  expect(readdirSync(box.directory)).toEqual([]);
});
