import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning, statOf } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** All processes of the start sleep, at twenty looks one after another. */
async function standstill(box: Sandbox): Promise<void> {
  let looks = 0;
  const isStill = () => {
    looks = carriersOf(box.token).every((pid) => statOf(pid).state === 'S') ? looks + 1 : 0;
    return looks >= 20;
  };
  await until(isStill, { what: 'all processes to sleep' });
}

/** The launcher gets SIGKILL where it says it is; then there must be nothing, and a new start must work. */
test.each([
  ['unlocked', '0'],
  ['locked', '0'],
  ['spawned', '0'],
  // More than a socket takes at once: the daemon has but a part of it.
  ['spawned', '3000000'],
  ['pid', '0'],
  ['sealed', '0'],
  ['ready', '0'],
])('a launcher killed before it said that the start worked leaves nothing: %s, argument of %s bytes', async (where, size) => {
  const box = sandbox();
  const launcher = box.spawn('start-slowly', { args: [where, box.path('daemon.pid'), size], stdin: 'pipe' });
  await until(() => launcher.stdout.includes(`at ${where}`), { what: `at ${where}`, interval: 1 });
  // READY is in the launcher, and no ack: a daemon that did not wait for it would be at work.
  if (where === 'ready') await standstill(box);
  process.kill(launcher.pid, 'SIGKILL');
  await until(() => carriersOf(box.token).filter(isRunning).length === 0, { what: 'the end of everything' });
  // A zombie's other threads may still be on their way out.
  await until(async () => !(await box.isLocked()), { what: 'a free lock' });
  expect(launcher.stdout).not.toContain('started');
  // Not even for an instant.
  expect(existsSync(box.path('daemon.pid.run'))).toBe(false);
  const again = await box.launch('start-ready', { args: [box.path('daemon.pid')] });
  expect(again.stdout).toContain('"ok":true');
});
