import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { FAULTS, KINDS, onlyThese, startService, underWay, upgraded, writeVersion } from './subject.ts';

describe.each(KINDS)('%s', (kind) => {
  test('a new version takes over; one that fails changes nothing', async () => {
    const box = sandbox();
    const port = await freePort();
    writeVersion(box, kind, 'v1');
    expect(await startService(box, kind, port)).toMatchObject({ code: 0, stderr: '' });
    const first = await box.readPid();
    expect((await ask({ port })).body).toBe(`v1 ${first}`);
    const inode = observe(first).fds.filter(({ target }) => target.includes('daemon.pid'))[0]?.target;

    // An answer that is under way is the old one's to give.
    const later = ask({ port });
    writeVersion(box, kind, 'v2');
    const { pid, previous } = await upgraded(box);
    expect(previous).toBe(first);
    expect(await box.readPid()).toBe(pid);
    expect((await later).body).toMatch(/^v[12] /);
    expect((await ask({ port })).body).toBe(`v2 ${pid}`);
    await onlyThese(box, pid);
    expect(observe(pid).fds.filter(({ target }) => target.includes('daemon.pid'))[0]?.target).toBe(inode);
    const before = { fds: observe(pid).fds.length, cmdline: observe(pid).cmdline };

    for (const [what, fault] of Object.entries(FAULTS)) {
      writeVersion(box, kind, 'v3', fault);
      const { stdout, code } = await box.launch('succession-ask', { args: what === 'hangs' ? ['{}', '400'] : [] });
      expect(code, what).toBe(1);
      const said = JSON.parse(stdout);
      expect(said.name, what).toBe(what === 'hangs' ? 'StartTimeoutError' : 'StartError');
      if (what === 'throws') expect(said.message).toContain('the new version is broken');
      if (what === 'is a SyntaxError') expect(said.message).toContain('SyntaxError');
      expect((await ask({ port })).body, what).toBe(`v2 ${pid}`);
      expect(readFileSync(box.path('daemon.pid'), 'utf8'), what).toBe(`${pid}\n`);
    }
    await onlyThese(box, pid);
    expect(await box.isLocked()).toBe(true);

    writeVersion(box, kind, 'v4');
    const last = await upgraded(box);
    await onlyThese(box, last.pid);
    expect(observe(last.pid).cmdline).toEqual(before.cmdline);
    // Connections of the requests above come and go.
    await until(() => observe(last.pid).fds.length <= before.fds, { what: 'no more descriptors than before' });
    process.kill(last.pid, 'SIGTERM');
    await onlyThese(box);
    expect(readdirSync(box.directory).filter((name) => /pid|request|sock/.test(name))).toEqual([]);
  });
});

/** A daemon whose next version does not get ready. */
async function withHangingSuccessor() {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  expect(await startService(box, 'function', port)).toMatchObject({ code: 0 });
  const pid = await box.readPid();
  writeVersion(box, 'function', 'v2', FAULTS.hangs);
  return { box, port, pid };
}

test('a successor is undone when its asker dies, when the daemon is stopped; and there is one at a time', async () => {
  const { box, port, pid } = await withHangingSuccessor();
  const asker = await underWay(box, pid);
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'DaemonError', code: 'ERR_UPGRADE_UNDER_WAY' });
  asker.child.kill('SIGKILL');
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);

  const interrupted = await underWay(box, pid);
  interrupted.child.kill('SIGINT');
  await interrupted.finished;
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);

  const stopped = await underWay(box, pid);
  process.kill(pid, 'SIGTERM');
  const end = JSON.parse((await stopped.finished).stdout);
  expect(['ERR_NOT_UPGRADABLE', 'ERR_UPGRADE_LOST']).toContain(end.code);
  await onlyThese(box);
  // A killed process is gone from the list before its last thread has let go.
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
});

test('a daemon that was killed during an upgrade leaves nothing', async () => {
  const { box, pid } = await withHangingSuccessor();
  const asker = await underWay(box, pid);
  process.kill(pid, 'SIGKILL');
  expect(JSON.parse((await asker.finished).stdout)).toMatchObject({ code: 'ERR_UPGRADE_LOST' });
  await onlyThese(box);
  // A killed process is gone from the list before its last thread has let go.
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
});

test('a daemon that cannot be asked says so', async () => {
  const box = sandbox();
  expect(JSON.parse((await box.launch('succession-ask')).stdout)).toMatchObject({ name: 'NotRunningError', code: 'ERR_NOT_RUNNING' });
  expect(await box.launch('stage-options')).toMatchObject({ code: 0 });
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'DaemonError', code: 'ERR_NOT_UPGRADABLE', message: expect.stringContaining('listen') });
});
