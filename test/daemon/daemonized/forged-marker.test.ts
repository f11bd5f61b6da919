import { openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

/** A process with a marker of our making: it must start a daemon as if there was none, and no stage may be missing. */
async function expectOrdinary(marker: string, descriptors: Record<number, number | 'pipe'> = {}): Promise<void> {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-forged', { env: { DAEMONIUM_START: marker }, descriptors });
  expect(stderr).toBe('');
  const [seen = '', told = ''] = stdout.split('\n');
  expect(JSON.parse(seen)).toEqual({ isDaemonProcess: false, marker: null });
  const { ok, pid } = JSON.parse(told);
  expect(ok).toBe(true);
  expect(observe(pid)).toMatchObject({ cwd: '/', umask: '0077', tty: 0, coreLimit: { soft: '0', hard: '0' } });
  expect(await box.readPid()).toBe(pid);
}

test.each([
  '',
  'garbage',
  `3:0`,
  `-1:0:${NONCE}`,
  `3:-1:${NONCE}`,
  `0:0:${NONCE}`,
  `99999999999:0:${NONCE}`,
  `100000:0:${NONCE}`,
  `999:0:${NONCE}`,
  `3:0:${NONCE}\n`,
  `3:1e3:${NONCE}`,
])('a forged marker is an ordinary start: %j', (marker) => expectOrdinary(marker));

test('naming a pipe, a file, a directory, a deleted file of other content', async () => {
  const box = sandbox();
  writeFileSync(box.path('file'), `daemonium ${NONCE} J 2`.padEnd(95).concat('\n{}'));
  await expectOrdinary(`3:0:${NONCE}`, { 3: openSync(box.path('file'), 'r') });
  await expectOrdinary(`3:0:${NONCE}`, { 3: openSync(box.directory, 'r') });
});

test('naming a listening socket', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  await expectOrdinary(`3:0:${NONCE}`, { 3: fd });
  server.close();
});

test('naming a socket on which something else is said', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-forged', { env: { DAEMONIUM_START: `3:0:${NONCE}` }, descriptors: { 3: 'pipe' } });
  const socket = launcher.child.stdio[3] as NodeJS.WritableStream;
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n');
  const { stdout } = await launcher.finished;
  expect(stdout).toContain('"isDaemonProcess":false');
  expect(stdout).toContain('"ok":true');
});

test('naming a socket whose other end is gone: a launcher that died too early, so nothing is started', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-forged', { env: { DAEMONIUM_START: `3:0:${NONCE}` }, descriptors: { 3: 'pipe' } });
  (launcher.child.stdio[3] as unknown as { destroy(): void }).destroy();
  const { stdout, stderr, code } = await launcher.finished;
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toContain('ERR_LAUNCHER_GONE');
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
});
