import { expect, test } from 'vitest';
import { expectComplete, expectNothingLeft } from '../faults/invariants.ts';
import { lockHolders } from '../helpers/lock-probe.ts';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { partOf } from './part.ts';

const STARTS = partOf(200);

test(`when the launcher has said that it started, all of it is done: ${STARTS} starts`, async () => {
  for (let time = 0; time < STARTS; time++) {
    const box = sandbox();
    const { code, stdout } = await box.launch('fault-daemon', { args: [box.path('daemon.pid')] });
    const pid = expectComplete(box);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`stage 9\nstarted ${pid}\n`) });
    expect(lockHolders(box.path('daemon.pid'))).toEqual([pid]);
    const { fds, umask, cwd, tty } = observe(pid);
    expect({ umask, cwd, tty }).toEqual({ umask: '0077', cwd: '/', tty: 0 });
    expect(fds.filter(({ fd }) => fd < 3).map(({ target }) => target)).toEqual(['/dev/null', '/dev/null', '/dev/null']);
    await box.reap();
    await expectNothingLeft(box);
  }
});
