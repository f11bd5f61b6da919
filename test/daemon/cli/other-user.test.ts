import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stillThere } from '../../../packages/daemon/src/remote/stop.ts';
import { notRoot, OTHER } from '../../core/hold.ts';
import { isRunning } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';

test.skipIf(notRoot)("root's daemon, asked by another user", async () => {
  const box = sandbox();
  const run = (verb: string, user = {}) => box.launch('life-control', { args: [box.directory, '', verb], ...user });
  await run('start');
  const pid = await box.readPid();
  const user = { uid: OTHER, gid: OTHER };
  const seems = 'subject seems to run (the lock is held); only root or its owner can see which process it is\n';
  expect(await run('status', user)).toMatchObject({ code: 4, stdout: seems, stderr: '' });
  expect(await run('start', user)).toMatchObject({ code: 4, stdout: '', stderr: seems });
  expect(isRunning(pid)).toBe(true);
});

test.skipIf(notRoot)(
  "a user's own service, asked by root: no process is signalled, and no message says to remove a locked file",
  async () => {
    const box = sandbox();
    mkdirSync(box.path('service'));
    chownSync(box.path('service'), OTHER, OTHER);
    chmodSync(box.path('service'), 0o755);
    const run = (verb: string, user = {}) => box.launch('life-control', { args: [box.path('service'), '', verb], ...user });
    await run('start', { uid: OTHER, gid: OTHER });
    const pid = await box.readPid('service/daemon.pid');
    const told = `runs as uid ${OTHER} (its own file says pid ${pid}); run this as user nobody, or use systemctl`;
    expect(await run('status')).toMatchObject({ code: 4, stdout: `subject ${told}\n` });
    expect(await run('start')).toMatchObject({ code: 4, stdout: '', stderr: `subject ${told}\n` });
    for (const verb of ['stop', 'reload', 'restart', 'upgrade']) {
      const { code, stderr } = await run(verb);
      expect([code, stderr]).toEqual([4, expect.stringContaining(told)]);
      expect(stderr).not.toContain('remove');
    }
    expect(isRunning(pid)).toBe(true);
  },
);

test('a process that SIGKILL has not ended is not told as a child with its descriptor', () => {
  expect(stillThere('/run/x.pid', 7, false)).toContain('frozen');
  expect(stillThere('/run/x.pid', 7, false)).not.toContain('child');
  expect(stillThere('/run/x.pid', 7, true)).toContain('process 7 has ended: another process has the descriptor');
});
