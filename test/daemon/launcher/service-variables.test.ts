import { Daemon } from '@daemonium/daemon';
import { expect, onTestFinished, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

test("variables of the launcher's service manager do not reach the daemon of a module target, unless `env` says so", async () => {
  const box = sandbox();
  const told = {
    NOTIFY_SOCKET: '@launchers',
    WATCHDOG_USEC: '1000000',
    WATCHDOG_PID: '1',
    LISTEN_PID: '1',
    LISTEN_FDS: '1',
    LISTEN_FDNAMES: 'x',
  };
  Object.assign(process.env, told);
  onTestFinished(() => {
    for (const name of Object.keys(told)) delete process.env[name];
  });
  const daemon = new Daemon({ target: fixture('fault-module'), env: { ...box.tokenEnv, LISTEN_FDS: '0' }, detach: true });
  await daemon.start();
  const { environ } = observe(daemon.pid as number);
  expect(Object.entries(environ).filter(([name]) => name in told)).toEqual([['LISTEN_FDS', '0']]);
});
