import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { holdLock, lockedByOther, notRoot, OTHER, zombie } from '../../core/hold.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { isRunning, observe, statOf } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { ask, eventsOf, startSubject, waitForEvent } from '../subject.ts';

const FORGED = ['', '0', '1', '-1', '-5', '2147483648', '4294967303', 'garbage', ' 5', '0x10', '1e3', '12 34', '\0', `${'9'.repeat(2000)}`];

/** What stop, kill and reload of this file say. */
async function codesOf(pidFile: string): Promise<(string | undefined)[]> {
  const daemon = new Daemon({ pidFile });
  const codeOf = (error: unknown) => (error as { code?: string }).code;
  const call = (act: () => unknown) => {
    try {
      act();
      return 'no error';
    } catch (error) {
      return codeOf(error);
    }
  };
  return [await daemon.stop().then(() => 'no error', codeOf), call(() => daemon.kill('SIGKILL')), call(() => daemon.reload())];
}

const all = (code: string): string[] => [code, code, code];

/** Whether this user may see which files the process has open. */
function isOurs(pid: number): boolean {
  try {
    readdirSync(`/proc/${pid}/fd`);
    return true;
  } catch {
    return false;
  }
}

/** Ends at any signal but those that nobody sends. */
function bystander(box: Sandbox): number {
  return box.spawn('60', { executable: 'sleep' }).pid;
}

test('a pid file without a lock: no process is signalled, whatever the file names', async () => {
  const box = sandbox();
  const pid = bystander(box);
  const dead = await zombie(box);
  for (const content of [...FORGED, pid, dead.pid, process.pid, process.ppid]) {
    writeFileSync(box.path('x.pid'), `${content}\n`);
    expect([content, await codesOf(box.path('x.pid'))]).toEqual([content, all('ERR_NOT_RUNNING')]);
  }
  expect([isRunning(pid), isRunning(dead.parent)]).toEqual([true, true]);
});

test('a lock of another process: no holder is proved, and no process signalled', async () => {
  const box = sandbox();
  const pid = bystander(box);
  const holder = await holdLock(box, box.path('x.pid'), 'acquire');
  for (const content of [...FORGED, pid, process.pid, process.ppid]) {
    writeFileSync(box.path('x.pid'), `${content}`);
    // Of another user's process, as pid 1 is to most, nothing can be known.
    const code = Number(content) === 1 && !isOurs(1) ? 'EPERM' : 'ERR_HOLDER_UNPROVED';
    expect([content, await codesOf(box.path('x.pid'))]).toEqual([content, all(code)]);
  }
  expect([isRunning(pid), isRunning(holder.pid)]).toEqual([true, true]);
});

test('files that others can write, have a second name, or are links', async () => {
  const box = sandbox();
  mkdirSync(box.path('run'));
  const path = box.path('run', 'daemon.pid');
  const pid = await startSubject(box, 'cleans-up', { pidFile: path });
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(path, mode);
    expect([mode, await codesOf(path)]).toEqual([mode, all('ERR_PID_FILE_INSECURE')]);
  }
  chmodSync(path, 0o644);
  symlinkSync(path, box.path('link'));
  expect(await codesOf(box.path('link'))).toEqual(all('ERR_PID_FILE_INSECURE'));
  linkSync(path, box.path('second'));
  expect(await codesOf(path)).toEqual(all('ERR_PID_FILE_INSECURE'));
  rmSync(box.path('second'));
  chmodSync(box.path('run'), 0o777);
  expect(await codesOf(path)).toEqual(all('ERR_PID_FILE_INSECURE'));
  chmodSync(box.path('run'), 0o755);
  await waitForEvent(box, 'run');
  expect([isRunning(pid), eventsOf(box)]).toEqual([true, ['run']]);
  expect(await new Daemon({ pidFile: path }).stop()).toMatchObject({ pid, forced: false });
});

test.skipIf(notRoot)('as another user: EPERM, and the file is untouched', async () => {
  const box = sandbox();
  const path = box.path('daemon.pid');
  const pid = await startSubject(box, 'cleans-up');
  await waitForEvent(box, 'run');
  const before = statSync(path);
  for (const method of ['stop', 'kill', 'reload', 'terminate']) {
    expect(await ask(box, method, undefined, { uid: OTHER, gid: OTHER })).toMatchObject({
      name: 'DaemonError',
      code: 'EPERM',
      message: expect.stringContaining(`pid ${pid}`),
    });
  }
  // It runs, that much can be seen.
  expect((await ask(box, 'status', undefined, { uid: OTHER, gid: OTHER })).value).toMatchObject({ running: true, pid: null, since: null });
  const after = statSync(path);
  expect([after.ino, after.mtimeMs, readFileSync(path, 'utf8')]).toEqual([before.ino, before.mtimeMs, `${pid}\n`]);
  chmodSync(path, 0o600);
  expect(await ask(box, 'stop', undefined, { uid: OTHER, gid: OTHER })).toMatchObject({
    code: 'ERR_HOLDER_UNPROVED',
    message: expect.stringContaining('may not look'),
  });
  expect([isRunning(pid), eventsOf(box)]).toEqual([true, ['run']]);
});

test.skipIf(notRoot)("root's file locked by another user: the message names that user", async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const pid = bystander(box);
  writeFileSync(path, `${pid}\n`);
  const locker = await lockedByOther(box, path);
  await expect(new Daemon({ pidFile: path }).stop()).rejects.toMatchObject({
    code: 'ERR_HOLDER_UNPROVED',
    message: expect.stringMatching(new RegExp(`process ${locker.pid} of another user \\(uid ${OTHER}\\).*0o600`)),
  });
  expect([isRunning(pid), isRunning(locker.pid)]).toEqual([true, true]);
});

test.skipIf(notRoot)('a daemon that has dropped its rights is stopped by root, through root’s file', async () => {
  const box = sandbox();
  writeFileSync(box.path('events'), '', { mode: 0o666 });
  chmodSync(box.path('events'), 0o666);
  const pid = await startSubject(box, 'cleans-up', { user: OTHER, group: OTHER });
  await waitForEvent(box, 'run');
  expect(statOf(pid).state).toMatch(/[RS]/);
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  expect(daemon.status()).toMatchObject({ running: true, pid });
  expect(await daemon.stop()).toEqual({ pid, signal: 'SIGTERM', forced: false });
  expect(eventsOf(box)).toEqual(['run', 'cleaning up', 'clean', 'exit 0']);
  // It may not remove a file of root's directory; whoever has stopped it may.
  expect([existsSync(box.path('daemon.pid')), await box.isLocked()]).toEqual([false, false]);
});

test.skipIf(notRoot)('a daemon that has dropped its rights cannot write another pid into the file', async () => {
  const box = sandbox();
  const path = box.path('daemon.pid');
  writeFileSync(box.path('events'), '');
  chmodSync(box.path('events'), 0o666);
  const victim = bystander(box);
  const pid = await startSubject(box, 'names-another', { user: OTHER, group: OTHER, env: { ANOTHER: String(victim) } });
  await waitForEvent(box, 'not forged: EINVAL');
  expect(observe(pid).uids).toEqual([OTHER, OTHER, OTHER, OTHER]);
  // The daemon holds root's file and its lock, and has nothing to write it through.
  expect([readFileSync(path, 'utf8'), statSync(path).uid, lockHolders(path)]).toEqual([`${pid}\n`, 0, [pid]]);
  expect(isRunning(victim)).toBe(true);
});
