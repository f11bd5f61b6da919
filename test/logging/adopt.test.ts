import { chmodSync, closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { encodePayload, formatMarker, MARKER } from '@daemonium/core/start';
import { expect, onTestFinished, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { caller, callerIn } from '../helpers/caller.ts';
import { descriptorsOf } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { records } from './records.ts';

const NOBODY = 65_534;
const NONCE = 'a'.repeat(24);

interface Handed {
  readonly path: string;
  /** The number in the daemon. */
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

function handed(path: string, fd: number): Handed {
  const { dev, ino } = statSync(path);
  return { path, fd, dev, ino };
}

/** Starts the fixture as a launcher would: payload at descriptor 3, the log file at its number. */
function arrive(
  box: Sandbox,
  options: object,
  descriptors: readonly Handed[],
  { args = [] as string[], uid = 0, files = descriptors } = {},
) {
  const payloadPath = box.path('payload');
  const env = { PATH: process.env['PATH'] ?? '', ...box.tokenEnv };
  writeFileSync(payloadPath, encodePayload({ env, lock: null, descriptors, start: null }, NONCE));
  const payload = openSync(payloadPath, 'r');
  rmSync(payloadPath);
  const opened = files.map(({ path, fd }) => [fd, openSync(path, 'a')] as const);
  onTestFinished(() => {
    for (const each of [payload, ...opened.map(([, fd]) => fd)]) closeSync(each);
  });
  const daemon = box.spawn('log-arrived', {
    args: [JSON.stringify(options), ...args],
    env: { [MARKER]: formatMarker({ fd: 3, index: 0, nonce: NONCE }) },
    descriptors: { 3: payload, ...Object.fromEntries(opened) },
    ...(uid === 0 ? {} : { uid, gid: uid }),
  });
  return daemon;
}

interface Said {
  readonly fds: number[];
  readonly second: number[];
  readonly inherited: number[];
  readonly maps: string;
}

async function said(daemon: ReturnType<typeof arrive>): Promise<Said> {
  const { stdout, stderr, code } = await daemon.finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Said;
}

function logIn(box: Sandbox): string {
  writeFileSync(box.path('app.log'), '');
  return box.path('app.log');
}

test.for([
  { fd: 5, calls: false },
  { fd: 20, calls: true },
  { fd: 300, calls: true },
])(
  'the descriptor of the launcher is used on, closes on exec, by a call of ours only where Node did not see to it, %o',
  async ({ fd, calls }) => {
    const box = sandbox();
    const path = logIn(box);
    const result = await said(arrive(box, { path }, [handed(path, fd)], { args: ['twice'] }));
    expect(result.fds).toEqual([fd]);
    expect(callerIn(result.maps)).toBe(calls ? caller : null);
    expect(result.inherited).not.toContain(fd);
    // A second logger for the path has a file of its own: each may close what it has.
    expect(result.second).not.toEqual([fd]);
    expect(records(path).map(({ msg }) => msg)).toEqual(['from the daemon']);
  },
);

test('two loggers of the launcher are two in the daemon', async () => {
  const box = sandbox();
  const path = logIn(box);
  const result = await said(arrive(box, { path }, [handed(path, 20), handed(path, 21)], { args: ['twice'] }));
  expect([result.fds, result.second]).toEqual([[20], [21]]);
});

test.skipIf(notRoot)('a daemon without privileges writes on to a file whose path is out of its reach', async () => {
  const box = sandbox();
  mkdirSync(box.path('private'), { mode: 0o700 });
  const path = box.path('private', 'app.log');
  writeFileSync(path, '');
  chmodSync(path, 0o600);
  const result = await said(arrive(box, { path }, [handed(path, 20)], { uid: NOBODY }));
  expect(result.fds).toEqual([20]);
  expect(records(path)).toHaveLength(1);
  const without = await arrive(box, { path }, [], { uid: NOBODY }).finished;
  expect(without.stderr).toContain('LogFileError');
  expect(without.stderr).toContain('EACCES');
});

test('the file that crossed is written on, not a new one at its path', async () => {
  const box = sandbox();
  const path = logIn(box);
  const crossed = handed(path, 20);
  renameSync(path, `${path}.1`);
  const result = await said(arrive(box, { path }, [crossed], { files: [{ ...crossed, path: `${path}.1` }] }));
  expect(result.fds).toEqual([20]);
  expect(records(`${path}.1`)).toHaveLength(1);
});

test('a number that names another file by now is left alone, and the path is opened', async () => {
  const box = sandbox();
  const path = logIn(box);
  writeFileSync(box.path('other'), '');
  const crossed = handed(path, 20);
  const result = await said(arrive(box, { path }, [crossed], { files: [{ ...crossed, path: box.path('other') }] }));
  expect(result.fds).not.toEqual([20]);
  expect(records(path)).toHaveLength(1);
  expect(statSync(box.path('other')).size).toBe(0);
});

test('a descriptor of another path is not taken', async () => {
  const box = sandbox();
  const path = logIn(box);
  const result = await said(arrive(box, { path: box.path('another.log') }, [handed(path, 20)]));
  expect(result.fds).not.toEqual([20]);
  expect(statSync(path).size).toBe(0);
});

test('an adopted file is reopened at SIGHUP once the process is the daemon, and the number is given back', async () => {
  const box = sandbox();
  const path = logIn(box);
  const daemon = arrive(box, { path }, [handed(path, 20)], { args: ['stay'] });
  await until(() => daemon.stdout !== '', { what: 'the daemon' });
  renameSync(path, `${path}.1`);
  daemon.child.kill('SIGHUP');
  await until(() => statSync(path).size > 0, { what: 'lines in the new file' });
  expect(
    descriptorsOf(daemon.pid)
      .filter(({ target }) => target.startsWith(path))
      .map(({ target }) => target),
  ).toEqual([path]);
});
