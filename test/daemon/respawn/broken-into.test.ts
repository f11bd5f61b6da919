import { chmodSync, existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { expectNothingLeft, started, untilTold } from './subject.ts';

test.skipIf(notRoot !== false)(
  'a daemon that passes itself off as a shell, in a session of its own, does not outlive a stop by root',
  async () => {
    const box = sandbox();
    writeFileSync(box.path('respawn.sh'), `trap '' TERM; : >"${box.path('open', 'here')}"; while :; do sleep 0.1; done\n`);
    mkdirSync(box.path('open'));
    chmodSync(box.path('open'), 0o777);
    expect(await box.launch('respawn-impostor', { args: [box.directory] })).toMatchObject({ code: 0, stderr: '' });
    await until(() => existsSync(box.path('open', 'here')), { what: 'the impostor' });
    expect(await new Daemon({ pidFile: box.path('daemon.pid') }).stop({ timeout: 0 })).toMatchObject({ forced: true });
    await expectNothingLeft(box);
  },
);

test("the shell runs the system's programs, and not those that the daemon's PATH has first", async () => {
  const box = sandbox();
  mkdirSync(box.path('bin'));
  for (const name of ['sleep', 'rm', 'head'])
    writeFileSync(box.path('bin', name), `#!/bin/sh\n: >'${box.path('ran')}'\nPATH=/usr/bin:/bin exec ${name} "$@"\n`, { mode: 0o755 });
  const { daemon, pid } = await started(box, { respawn: { delay: 1 }, env: { PATH: `${box.path('bin')}:/usr/bin:/bin` } });
  process.kill(pid, 'SIGKILL');
  await untilTold(box, 2);
  await daemon.stop();
  await expectNothingLeft(box);
  expect(existsSync(box.path('ran'))).toBe(false);
});

test('a state file that was made endless does not hold up the end', async () => {
  const box = sandbox();
  const { daemon } = await started(box);
  truncateSync(box.path('daemon.state'), 2 ** 40);
  expect(await daemon.stop()).toMatchObject({ forced: false });
  await expectNothingLeft(box);
});
