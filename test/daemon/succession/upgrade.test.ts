import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { describe, expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { FAULTS, KINDS, startService, writeVersion } from './subject.ts';

const carriers = (box: Sandbox) =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'latin1').includes(box.token);
    } catch {
      return false;
    }
  });

/** Processes of the sandbox, once they are these. */
const onlyThese = (box: Sandbox, ...pids: number[]) =>
  until(() => carriers(box).sort().join() === pids.map(String).sort().join(), { what: `no processes but ${pids}` });

async function upgraded(box: Sandbox, ...args: string[]): Promise<{ pid: number; previous: number }> {
  const { stdout, stderr, code } = await box.launch('succession-ask', { args: ['{}', ...args] });
  expect({ stdout, stderr, code }).toEqual({ stdout: expect.stringMatching(/^\{"pid":\d+,"previous":\d+\}\n$/), stderr: '', code: 0 });
  return JSON.parse(stdout);
}

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

/** Whether a process runs the service, and is not the shell of its start. */
function isService(pid: number): boolean {
  try {
    const cmdline = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    return cmdline.includes('main.mjs') && !cmdline.startsWith('/bin/sh');
  } catch {
    return false;
  }
}

/** Waits for a process of the service that is neither the daemon nor the asker. */
function untilSuccessor(box: Sandbox, pid: number, asker: number): Promise<unknown> {
  return until(() => carriers(box).find((each) => ![pid, asker].includes(Number(each)) && isService(Number(each))), {
    what: 'a successor',
  });
}

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
  const asker = box.spawn('succession-ask');
  await untilSuccessor(box, pid, asker.pid);
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'DaemonError', code: 'ERR_UPGRADE_UNDER_WAY' });
  asker.child.kill('SIGKILL');
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);

  const interrupted = box.spawn('succession-ask');
  await untilSuccessor(box, pid, interrupted.pid);
  interrupted.child.kill('SIGINT');
  await interrupted.finished;
  await onlyThese(box, pid);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);

  const stopped = box.spawn('succession-ask');
  await untilSuccessor(box, pid, stopped.pid);
  process.kill(pid, 'SIGTERM');
  const end = JSON.parse((await stopped.finished).stdout);
  expect(['ERR_NOT_UPGRADABLE', 'ERR_UPGRADE_LOST']).toContain(end.code);
  await onlyThese(box);
  // A killed process is gone from the list before its last thread has let go.
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
});

test('a daemon that was killed during an upgrade leaves nothing', async () => {
  const { box, pid } = await withHangingSuccessor();
  const asker = box.spawn('succession-ask');
  await untilSuccessor(box, pid, asker.pid);
  process.kill(pid, 'SIGKILL');
  expect(JSON.parse((await asker.finished).stdout)).toMatchObject({ code: 'ERR_UPGRADE_LOST' });
  await onlyThese(box);
  // A killed process is gone from the list before its last thread has let go.
  await until(async () => !(await box.isLocked()), { what: 'the free lock' });
});

test('with respawn nothing is started, and the error names it: from another process, from within, and when the shell was killed', async () => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  const source = readFileSync(box.path('main.mjs'), 'utf8');
  const within = "this.on('reload', () => void this.upgrade().catch(({ code, message }) => console.error(code, message)));";
  writeFileSync(box.path('main.mjs'), source.replace('async target() {', `async target() { ${within}`));
  expect(await startService(box, 'function', port, { respawn: true })).toMatchObject({ code: 0, stderr: '' });
  const refused = {
    code: 'ERR_NOT_UPGRADABLE',
    message: expect.stringMatching(/^The daemon, pid \d+, cannot start a successor: it was started with respawn, .* Use restart$/),
  };
  const before = carriers(box);
  expect(JSON.parse((await box.launch('succession-ask')).stdout)).toMatchObject(refused);
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  daemon.reload();
  const said = () => readFileSync(box.path('stderr'), 'utf8');
  await until(() => said() !== '', { what: 'the error from within' });
  expect(said()).toMatch(/^ERR_NOT_UPGRADABLE This daemon cannot start a successor: it was started with respawn, /);
  expect(carriers(box)).toEqual(before);
  const { supervisor, pid } = daemon.status();
  process.kill(supervisor as number, 'SIGKILL');
  await until(() => daemon.status().supervisor === null, { what: "the shell's end" });
  expect(JSON.parse((await box.launch('succession-ask')).stdout)).toMatchObject(refused);
  expect((await ask({ port })).body).toBe(`v1 ${pid}`);
  await daemon.stop();
});

test('a daemon that cannot be asked says so', async () => {
  const box = sandbox();
  expect(JSON.parse((await box.launch('succession-ask')).stdout)).toMatchObject({ name: 'NotRunningError', code: 'ERR_NOT_RUNNING' });
  expect(await box.launch('stage-options')).toMatchObject({ code: 0 });
  const { stdout } = await box.launch('succession-ask');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'DaemonError', code: 'ERR_NOT_UPGRADABLE', message: expect.stringContaining('listen') });
});
