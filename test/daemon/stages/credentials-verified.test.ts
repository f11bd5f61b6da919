import { Daemon, StartError } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

// A container's security module, a broken libc: whatever the reason is, the daemon would run as root and not know it.
test.skipIf(notRoot).each(['setuid', 'setgid', 'setgroups'])(
  'a %s() that does nothing, and says that it worked, is noticed',
  async (call) => {
    const box = sandbox();
    const daemon = new Daemon({
      target: fixture('fault-credentials'),
      pidFile: box.path('daemon.pid'),
      user: 65_534,
      group: 65_534,
      // Root's own groups must not do for it.
      initGroups: false,
      env: { ...box.tokenEnv, FAULT_CALL: call },
      detach: true,
    });
    const error: StartError = await daemon.start().then(
      () => {
        throw new Error('It was not noticed');
      },
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ stage: 3, cause: { code: 'ERR_CREDENTIALS' } });
    expect(error.message).toContain('Root was not dropped');
  },
);
