import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import koffi from 'koffi';
import { expect, onTestFinished, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** Of ioctl_tty(2): unlock the terminal's other end, and tell its number. */
const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;

/** A terminal that is nobody's controlling terminal yet, so that a session's leader who opens it gets it. */
function terminal(): string {
  const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, _Inout_ int *)');
  const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
  onTestFinished(() => closeSync(master));
  const number = [0];
  expect(ioctl(master, TIOCSPTLCK, [0])).toBe(0);
  expect(ioctl(master, TIOCGPTN, number)).toBe(0);
  return `/dev/pts/${number[0]}`;
}

test('a daemon that opens a terminal does not get it as its controlling terminal', async () => {
  const box = sandbox();
  const path = terminal();
  const opened = box.path('opened');
  const daemon = new Daemon<unknown[]>({
    target: fixture('fault-terminal'),
    args: [path, opened],
    env: box.tokenEnv,
    umask: 0o022,
    detach: true,
  });
  await daemon.start();
  await until(() => existsSync(opened), { what: 'the open terminal' });
  const { fds, tty, sid, pid } = observe(daemon.pid as number);
  expect(fds.map(({ target }) => target)).toContain(path);
  expect(tty).toBe(0);
  expect(sid).not.toBe(pid);
});
