import { openSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

/** A process with a marker that no launcher gave it: it says so and ends, and starts nothing, least of all itself again. */
async function expectRefused(marker: string, descriptors: Record<number, number | 'pipe'> = {}): Promise<void> {
  const box = sandbox();
  const { stdout, stderr, code } = await box.launch('start-forged', { env: { DAEMONIUM_START: marker }, descriptors });
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toMatch(/DAEMONIUM_START says that this process is a daemon being started.*nothing is started\. Unset DAEMONIUM_START/);
  expect(stderr).toContain('ERR_MARKER');
  expect([carriersOf(box.token).filter(isRunning), readdirSync(box.directory)]).toEqual([[], []]);
}

test.each([
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
])('a marker that does not fit ends the process: %j', (marker) => expectRefused(marker));

test('an empty marker counts as none', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-forged', { env: { DAEMONIUM_START: '' } });
  expect(stderr).toBe('');
  const [seen = '', told = ''] = stdout.split('\n');
  expect(JSON.parse(seen)).toEqual({ isDaemonProcess: false, marker: null });
  const { ok, pid } = JSON.parse(told) as { ok: boolean; pid: number };
  expect(ok).toBe(true);
  expect(observe(pid)).toMatchObject({ cwd: '/', umask: '0077', tty: 0, coreLimit: { soft: '0', hard: '0' } });
});

test('naming a file that has a name, a directory, a deleted file of other content', async () => {
  const box = sandbox();
  // As a payload on NFS, or one that somebody was quick to link to: whole, and taken for a launcher's it would start again without end.
  writeFileSync(box.path('file'), `daemonium ${NONCE} J 2`.padEnd(95).concat('\n{}'));
  await expectRefused(`3:0:${NONCE}`, { 3: openSync(box.path('file'), 'r') });
  await expectRefused(`3:0:${NONCE}`, { 3: openSync(box.directory, 'r') });
  writeFileSync(box.path('other'), 'something else');
  const deleted = openSync(box.path('other'), 'r');
  unlinkSync(box.path('other'));
  await expectRefused(`3:0:${NONCE}`, { 3: deleted });
});

test('naming a listening socket', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  await expectRefused(`3:0:${NONCE}`, { 3: fd });
  server.close();
});

test('naming a socket on which something else is said', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-forged', { env: { DAEMONIUM_START: `3:0:${NONCE}` }, descriptors: { 3: 'pipe' } });
  const socket = launcher.child.stdio[3] as NodeJS.WritableStream;
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n');
  const { stdout, stderr, code } = await launcher.finished;
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toContain('ERR_MARKER');
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
