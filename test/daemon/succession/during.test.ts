import { existsSync, readdirSync, rmSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { FAULTS, onlyThese, optionsOf, upgraded, writeVersion } from './subject.ts';

/** A version that says that its script runs, and comes no further. */
function writeHanging(box: Sandbox, version: string): void {
  rmSync(box.path('arrived'), { force: true });
  writeVersion(
    box,
    'control',
    version,
    `(await import('node:fs')).writeFileSync(${JSON.stringify(box.path('arrived'))}, ''); ${FAULTS.hangs}`,
  );
}

test.each([true, false])('respawn %s: questions and orders during an upgrade', async (respawn) => {
  const box = sandbox();
  const port = await freePort();
  const { program: _program, ...options } = JSON.parse(optionsOf(box, port, { name: 'web', respawn: respawn && { delay: 10 } }));
  const control = (...words: string[]) => box.launch(box.path('main.mjs'), { args: [JSON.stringify(options), ...words] });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  const pids = () => [daemon.status().pid, daemon.status().supervisor].filter((pid) => pid !== null);
  const whileUnderWay = async (version: string, act: () => Promise<void>) => {
    writeHanging(box, version);
    const asker = box.spawn('succession-ask');
    await until(() => existsSync(box.path('arrived')), { what: 'a successor whose script runs' });
    writeVersion(box, 'control', `${version}b`);
    await act();
    return JSON.parse((await asker.finished).stdout);
  };

  writeVersion(box, 'control', 'v1');
  expect(await control('start')).toMatchObject({ code: 0, stderr: '' });
  const before = daemon.status();
  const own = pids();
  const restarted = await whileUnderWay('v2', async () => {
    expect(daemon.status()).toEqual(before);
    expect(await control('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`pid ${before.pid}`) });
    // Signals go to the old daemon, which goes on.
    expect([daemon.kill(0), daemon.reload()]).toEqual([true, undefined]);
    expect(await control('upgrade')).toMatchObject({ code: 1, stderr: expect.stringContaining('being upgraded already') });
    expect(await control('start')).toMatchObject({ stdout: expect.stringContaining(`${before.pid}`) });
    expect((await ask({ port })).body).toBe(`v1 ${before.pid}`);
    expect(pids()).toEqual(own);
    expect(await control('restart')).toMatchObject({ code: 0, stderr: '' });
  });
  expect(['ERR_NOT_UPGRADABLE', 'ERR_UPGRADE_LOST']).toContain(restarted.code);
  const next = daemon.status();
  expect((await ask({ port })).body).toBe(`v2b ${next.pid}`);
  await onlyThese(box, ...pids());

  // From the first moment to the last the daemon is there, with a proved pid.
  const seen = new Set<number | null>();
  const looking = setInterval(() => seen.add(daemon.status().pid), 1);
  const { pid } = await upgraded(box);
  await until(() => seen.has(pid), { what: 'the successor in status()' });
  clearInterval(looking);
  expect([...seen]).toEqual([next.pid, pid]);

  // By hand, to the process that the pid file names.
  const stopped = await whileUnderWay('v3', async () => {
    process.kill(await box.readPid(), 'SIGTERM');
    await onlyThese(box);
  });
  expect(['ERR_NOT_UPGRADABLE', 'ERR_UPGRADE_LOST']).toContain(stopped.code);
  expect(readdirSync(box.directory).filter((name) => /pid|request|state/.test(name))).toEqual([]);
});
