import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Daemon } from '@daemonium/daemon';
import { expect, inject, test } from 'vitest';
import { ask, freePort, freePrivilegedPort } from '../../helpers/http.ts';
import { observe, statOf } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { PAUSE } from '../respawn/subject.ts';
import { FAULTS, type Kind, onlyThese, startService, underWay, upgraded, upgradedAgain, writeVersion } from './subject.ts';

interface Supervised {
  readonly daemon: Daemon;
  readonly port: number;
  /** The daemon's pid and that of its shell, by `status()`. */
  now(): { readonly pid: number; readonly shell: number };
}

async function supervised(box: Sandbox, kind: Kind, more: object = {}): Promise<Supervised> {
  const port = await freePort();
  writeVersion(box, kind, 'v1');
  const started = await startService(box, kind, port, { respawn: { delay: 10 }, ...more });
  expect(started).toMatchObject({ code: 0, stderr: '' });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  const now = () => {
    const { pid, supervisor } = daemon.status();
    return { pid: pid ?? 0, shell: supervisor ?? 0 };
  };
  return { daemon, port, now };
}

const filesLeft = (box: Sandbox) => readdirSync(box.directory).filter((name) => /pid|request|sock|state/.test(name));

/** Waits for the daemon that answers with this version, and is supervised by this shell. */
async function untilAnswers({ port, now }: Supervised, version: string, shell: number): Promise<number> {
  const body = await until(
    async () => {
      const { body } = await ask({ port }).catch(() => ({ body: '' }));
      return body.startsWith(`${version} `) && body === `${version} ${now().pid}` && now().shell === shell ? body : null;
    },
    { what: `an answer of ${version}` },
  );
  return Number((body as string).split(' ')[1]);
}

test.each(['function', 'program'] as const)(
  '%s: the successor has a shell of its own, which starts the new version again',
  async (kind) => {
    const box = sandbox();
    const subject = await supervised(box, kind);
    const { daemon, port, now } = subject;
    const first = now();
    expect((await ask({ port })).body).toBe(`v1 ${first.pid}`);
    let wasFree = false;
    const looking = setInterval(async () => {
      if (!(await box.isLocked())) wasFree = true;
    }, 20);

    for (const what of ['throws', 'exits 0', 'is a SyntaxError'] as const) {
      writeVersion(box, kind, 'v2', FAULTS[what]);
      const { stdout, code } = await box.launch('succession-ask');
      expect({ what, code, said: JSON.parse(stdout) }).toMatchObject({ what, code: 1, said: { name: 'StartError' } });
      if (what === 'throws') expect(JSON.parse(stdout).message).toContain('is broken');
      await onlyThese(box, first.pid, first.shell);
    }
    expect(daemon.status()).toMatchObject({ pid: first.pid, supervisor: first.shell, restarts: 0, lastExit: null });
    expect(existsSync(box.path('daemon.state'))).toBe(true);
    expect((await ask({ port })).body).toBe(`v1 ${first.pid}`);

    // The old one stays until this has its answer; its shell does not.
    const kept = connect({ port, host: '127.0.0.1' });
    kept.on('error', () => {}).write('GET /later HTTP/1.1\r\nHost: web\r\n\r\n');
    await once(kept, 'data');
    writeVersion(box, kind, 'v2');
    const { pid, previous } = await upgraded(box);
    expect(previous).toBe(first.pid);
    const second = now();
    expect(second.pid).toBe(pid);
    expect(second.shell).not.toBe(first.shell);
    expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${second.shell}\n`);
    await onlyThese(box, first.pid, pid, second.shell);
    kept.destroy();
    await onlyThese(box, pid, second.shell);
    expect(statOf(pid).ppid).toBe(second.shell);

    process.kill(pid, 'SIGKILL');
    const again = await untilAnswers(subject, 'v2', second.shell);
    expect(again).not.toBe(pid);
    expect(daemon.status()).toMatchObject({ restarts: 1, lastExit: { code: null, signal: 'SIGKILL' } });
    // A run without a launcher can be upgraded as well.
    writeVersion(box, kind, 'v3');
    const third = await upgraded(box);
    expect(third.previous).toBe(again);
    await onlyThese(box, third.pid, now().shell);
    // Its shell writes its own record once the old daemon has let go of it.
    await until(() => daemon.status().restarts === 0, { what: 'the record of its shell' });
    expect(daemon.status().lastExit).toBe(null);
    clearInterval(looking);
    expect(wasFree).toBe(false);
    expect(await daemon.stop()).toMatchObject({ signal: 'SIGTERM' });
    await onlyThese(box);
    expect(filesLeft(box)).toEqual([]);
  },
);

test('during an upgrade: the daemon is killed, the shell is killed, the daemon is stopped', async () => {
  const box = sandbox();
  const subject = await supervised(box, 'subclass');
  const { daemon, port, now } = subject;
  const first = now();
  // As far as a start goes without being ready.
  writeVersion(box, 'subclass', 'v2');
  const mark = JSON.stringify(box.path('arrived'));
  const hangs = `async stage9() { await super.stage9(); (await import('node:fs')).writeFileSync(${mark}, ''); await new Promise((resolve) => setTimeout(resolve, 1e6)); }`;
  writeFileSync(box.path('main.mjs'), readFileSync(box.path('main.mjs'), 'utf8').replace('async run() {', `${hangs} async run() {`));
  const asker = box.spawn('succession-ask');
  await until(() => existsSync(box.path('arrived')), { what: 'a successor in stage 9' });
  writeVersion(box, 'subclass', 'v3');
  process.kill(first.pid, 'SIGKILL');
  expect(JSON.parse((await asker.finished).stdout)).toMatchObject({ code: 'ERR_UPGRADE_LOST' });
  const pid = await untilAnswers(subject, 'v3', first.shell);
  await onlyThese(box, pid, first.shell);

  // Without its shell the daemon goes on, and its successor has one again.
  writeVersion(box, 'subclass', 'v4', FAULTS.hangs);
  const orphaned = await underWay(box, pid);
  process.kill(first.shell, 'SIGKILL');
  await until(() => now().shell === 0, { what: 'a daemon without a shell' });
  orphaned.child.kill('SIGKILL');
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v3 ${pid}`);
  writeVersion(box, 'subclass', 'v5');
  const restored = await upgradedAgain(box);
  await untilAnswers(subject, 'v5', now().shell);
  await onlyThese(box, restored.pid, now().shell);

  writeVersion(box, 'subclass', 'v6', FAULTS.hangs);
  const stopped = await underWay(box, restored.pid);
  await daemon.stop();
  expect(['ERR_NOT_UPGRADABLE', 'ERR_UPGRADE_LOST']).toContain(JSON.parse((await stopped.finished).stdout).code);
  await onlyThese(box);
  expect(filesLeft(box)).toEqual([]);
});

test('in a pause there is nothing to upgrade', async () => {
  const box = sandbox();
  const { daemon, now } = await supervised(box, 'function', { respawn: { delay: PAUSE } });
  process.kill(now().pid, 'SIGKILL');
  await until(() => daemon.status().state === 'waiting', { what: 'the pause' });
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_NOT_UPGRADABLE', message: expect.stringContaining('about to start it again') });
  await daemon.stop();
  expect(existsSync(box.path('daemon.request'))).toBe(false);
});

test.skipIf(inject('notRoot') !== false)(
  'a daemon that has given up root: its successor and the shell of that are its user, and root stops them',
  async () => {
    const box = sandbox();
    writeVersion(box, 'function', 'v1');
    const port = await freePrivilegedPort();
    expect(await startService(box, 'function', port, { respawn: { delay: 10 }, user: 'nobody' })).toMatchObject({ code: 0, stderr: '' });
    const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
    const now = () => ({ pid: daemon.status().pid ?? 0, shell: daemon.status().supervisor ?? 0 });
    const { stdout: refused } = await box.launch('succession-ask', { uid: 65_534, gid: 65_534 });
    expect(JSON.parse(refused)).toMatchObject({ code: expect.stringMatching(/^(EPERM|ERR_HOLDER_UNPROVED|ERR_PID_FILE_INSECURE)$/) });
    for (const version of ['v2', 'v3']) {
      writeVersion(box, 'function', version);
      const { pid, previous } = await upgraded(box);
      expect(previous).toBeGreaterThan(1);
      await onlyThese(box, pid, now().shell);
      expect(now().pid).toBe(pid);
      expect([observe(pid).uids[1], observe(now().shell).uids[1]]).toEqual([65_534, 65_534]);
      process.kill(pid, 'SIGKILL');
      expect(await untilAnswers({ daemon, port, now }, version, now().shell)).not.toBe(pid);
    }
    await daemon.stop();
    await onlyThese(box);
    expect(filesLeft(box).filter((name) => name === 'daemon.pid')).toEqual([]);
  },
);
