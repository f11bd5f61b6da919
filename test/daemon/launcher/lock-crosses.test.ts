import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('from the acquire in the launcher to the daemon at work the lock is never free, however often it is tried', async () => {
  const box = sandbox();
  const launcher = box.spawn('start-with-lock', { args: [box.path('daemon.pid')] });
  await until(() => launcher.stdout.includes('locked'), { what: 'the lock' });
  const prober = box.spawn('lock-pry', { args: [box.path('daemon.pid')] });
  await until(() => prober.stdout.includes('trying'), { what: 'the first try' });
  writeFileSync(box.path('trying'), '');
  const { stdout, code } = await launcher.finished;
  expect({ code, ok: stdout.includes('"ok":true') }).toEqual({ code: 0, ok: true });
  writeFileSync(box.path('enough'), '');
  const { tries, free } = JSON.parse((await prober.finished).stdout.split('\n')[1] ?? '') as { tries: number; free: number };
  expect(free).toBe(0);
  expect(tries).toBeGreaterThan(100);
  expect(lockHolders(box.path('daemon.pid'))).toEqual([await box.readPid()]);
});
