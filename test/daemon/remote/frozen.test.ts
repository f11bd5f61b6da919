import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning, statOf } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { startSubject } from '../subject.ts';

/** Version 1 of cgroups: what is frozen there does not hear SIGKILL. In version 2 it does. */
const ROOT = '/sys/fs/cgroup/freezer';

/** A new cgroup of its own, thawed and removed after the test; `null` where none can be made. */
function freezer(): { freeze(pid: number): void; thaw(): void; readonly state: string } | null {
  const path = `${ROOT}/daemonium-test-${process.pid}`;
  try {
    if (!existsSync(`${ROOT}/cgroup.procs`)) return null;
    mkdirSync(path);
  } catch {
    return null;
  }
  const thaw = () => writeFileSync(`${path}/freezer.state`, 'THAWED');
  onTestFinished(async () => {
    thaw();
    // An empty one can be removed.
    await until(() => readFileSync(`${path}/cgroup.procs`, 'utf8') === '', { what: 'the end of what was frozen' });
    rmdirSync(path);
  });
  return {
    freeze(pid) {
      writeFileSync(`${path}/cgroup.procs`, String(pid));
      writeFileSync(`${path}/freezer.state`, 'FROZEN');
    },
    thaw,
    get state() {
      return readFileSync(`${path}/freezer.state`, 'utf8').trim();
    },
  };
}

test('a process that SIGKILL does not end: told so, and the signal is pending', async ({ skip }) => {
  const box = sandbox();
  const cgroup = freezer();
  if (cgroup === null) return skip('needs root, and the freezer of cgroups version 1');
  const pid = await startSubject(box, 'idle', { signalMap: { SIGTERM: null } });
  cgroup.freeze(pid);
  await until(() => cgroup.state === 'FROZEN', { what: 'the frozen cgroup' });
  await expect(new Daemon({ pidFile: box.path('daemon.pid') }).stop({ timeout: 0 })).rejects.toMatchObject({
    name: 'StopTimeoutError',
    pid,
    message: expect.stringMatching(`^Process ${pid} did not end, although it was sent SIGKILL: .*freezer\\.state.*the signal is pending$`),
  });
  expect([statOf(pid).state, await box.isLocked()]).toEqual(['D', true]);
  cgroup.thaw();
  // Its threads end one after the other, and the last one frees the lock.
  await until(async () => !isRunning(pid) && !(await box.isLocked()), { what: 'its end, and the free lock' });
});
