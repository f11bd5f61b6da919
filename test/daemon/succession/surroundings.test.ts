import { readFileSync, writeFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { ask, freePort, freePrivilegedPort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { onlyThese, startService, writeVersion } from './subject.ts';

const notRoot = inject('notRoot');

test.skipIf(notRoot !== false)('a daemon that has given up root: only root may ask, and root writes the pid', async () => {
  const box = sandbox();
  const port = await freePrivilegedPort();
  writeVersion(box, 'function', 'v1');
  expect(await startService(box, 'function', port, { user: 'nobody' })).toMatchObject({ code: 0, stderr: '' });
  const first = await box.readPid();
  writeVersion(box, 'function', 'v2');
  const { stdout: refused } = await box.launch('succession-ask', { uid: 65_534, gid: 65_534 });
  expect(JSON.parse(refused)).toMatchObject({ code: expect.stringMatching(/^(EPERM|ERR_HOLDER_UNPROVED|ERR_PID_FILE_INSECURE)$/) });
  for (let count = 0, previous = first; count < 2; count++) {
    const { stdout, stderr } = await box.launch('succession-ask');
    expect(stderr).toBe('');
    const result = JSON.parse(stdout);
    expect(result).toEqual({ pid: expect.any(Number), previous });
    expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${result.pid}\n`);
    expect(observe(result.pid).uids).toEqual([65_534, 65_534, 65_534, 65_534]);
    expect((await ask({ port })).body).toBe(`v2 ${result.pid}`);
    previous = result.pid;
  }
});

test('the foreground has no successor: no supervisor could be told of it', async () => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  const options = JSON.stringify({ pidFile: box.path('daemon.pid'), detach: false, listen: [port] });
  const service = box.spawn(box.path('main.mjs'), { args: [options] });
  await until(() => ask({ port }), { what: 'an answer' });
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_NOT_UPGRADABLE', message: expect.stringContaining('foreground') });
  expect((await ask({ port })).body).toBe(`v1 ${service.pid}`);
});

test.skipIf(notRoot !== false)('with rootDirectory there is no successor: the daemon is told why, and so is an asker', async () => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  const asks = "await this.upgrade().catch(({ code, message }) => writeFileSync('/said', code + ': ' + message));";
  const source = readFileSync(box.path('main.mjs'), 'utf8').replace('async target() {', `async target() { ${asks}`);
  writeFileSync(box.path('main.mjs'), `import { writeFileSync } from 'node:fs';\n${source}`);
  expect(await startService(box, 'function', port, { rootDirectory: box.directory })).toMatchObject({ code: 0, stderr: '' });
  const pid = await box.readPid();
  expect(observe(pid).root).toBe(box.directory);
  await until(async () => (await ask({ port }).catch(() => null))?.body === `v1 ${pid}`, { what: 'the service' });
  expect(readFileSync(box.path('said'), 'utf8')).toMatch(/^ERR_NOT_UPGRADABLE: .*it was started with rootDirectory, .*Use restart$/);
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'ERR_NOT_UPGRADABLE',
    message: expect.stringMatching(/or with rootDirectory, .*Use restart$/),
  });
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);
});

test('under systemd the successor becomes the main process, and no message says that the service stops', async () => {
  const box = sandbox();
  const port = await freePort();
  const address = box.path('notify');
  const manager = box.spawn('life-notify-receiver', { args: [address] });
  await until(() => manager.stdout.includes('bound'), { what: 'the socket' });
  writeVersion(box, 'function', 'v1');
  const options = JSON.stringify({ pidFile: box.path('daemon.pid'), detach: false, listen: [port], respawn: true });
  // The variable names this very process.
  const script = 'WATCHDOG_PID=$$ exec "$0" "$@"';
  const service = box.spawn('', {
    executable: '/bin/sh',
    args: ['-c', script, process.execPath, box.path('main.mjs'), options],
    env: { NOTIFY_SOCKET: address },
  });
  await until(() => manager.stdout.includes('READY=1'), { what: 'READY' });
  writeVersion(box, 'function', 'v2');
  const { stdout } = await box.launch('succession-ask');
  const { pid, previous } = JSON.parse(stdout);
  expect(previous).toBe(service.pid);
  expect(observe(pid).environ).not.toHaveProperty('WATCHDOG_PID');
  // Its output goes on: the successor has it.
  await until(() => service.child.exitCode !== null || service.child.signalCode !== null, { what: 'the end of the old one' });
  expect(service.child.exitCode).toBe(0);
  expect((await ask({ port })).body).toBe(`v2 ${pid}`);
  // Messages come in the order in which they were sent: what the old one said at its end comes before this.
  process.kill(pid, 'SIGHUP');
  await until(() => manager.stdout.includes('RELOADING'), { what: 'the reload' });
  const [, ...told] = manager.stdout.trim().split('\n');
  expect(told.slice(0, 3).map((line) => JSON.parse(line))).toEqual([
    'READY=1',
    `READY=1\nMAINPID=${pid}`,
    expect.stringMatching(/^RELOADING=1\n/),
  ]);
  process.kill(pid, 'SIGTERM');
  await until(() => manager.stdout.includes('STOPPING'), { what: 'the end' });
});
