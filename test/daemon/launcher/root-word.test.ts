import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { observe } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const NOBODY = 65_534;

/** A directory of root's for the pid file, and one in which the daemon may write down what it tried. */
function places(box: Sandbox): { pidFile: string; cwd: string } {
  const cwd = box.path('work');
  mkdirSync(cwd);
  chownSync(cwd, NOBODY, NOBODY);
  chmodSync(box.directory, 0o755);
  return { pidFile: box.path('root.pid'), cwd };
}

test.skipIf(notRoot)('a daemon that gives up root cannot change what the pid file says, and root can stop it', async () => {
  const box = sandbox();
  const { pidFile, cwd } = places(box);
  const { stdout, stderr, code } = await box.launch('root-word', { args: [pidFile, 'start'], cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  const tried = await until(() => JSON.parse(readFileSync(`${cwd}/tried`, 'utf8')) as Record<string, string>, { what: 'its tries' });
  expect(tried).toEqual({ path: 'EACCES', fd: 'EBADF', reopened: 'EACCES' });
  expect(observe(pid).uids).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);
  expect([readFileSync(pidFile, 'utf8'), lockHolders(pidFile)]).toEqual([`${pid}\n`, [pid]]);
  // It may not remove its file; a stop with the right to does.
  expect(await new Daemon({ pidFile }).stop()).toMatchObject({ pid, signal: 'SIGTERM' });
  expect(existsSync(pidFile)).toBe(false);
});

test.skipIf(notRoot)('in the foreground the pid is written before root is given up', async () => {
  const box = sandbox();
  const { pidFile, cwd } = places(box);
  const subject = box.spawn('root-word', { args: [pidFile, 'foreground'], cwd });
  await until(() => subject.stdout.includes('}'), { what: 'its tries' });
  expect(subject.stdout).toContain('before stage 6: true');
  expect(subject.stdout).toContain(JSON.stringify({ path: 'EACCES', fd: 'EBADF', reopened: 'EACCES' }));
  expect(readFileSync(pidFile, 'utf8')).toBe(`${subject.pid}\n`);
});

test.skipIf(notRoot)('without a monitor there is no launcher to write it: an error, and nothing is made', async () => {
  const box = sandbox();
  const daemon = new Daemon({ pidFile: box.path('root.pid'), user: NOBODY, group: NOBODY, monitor: false, detach: true, target: () => {} });
  await expect(daemon.activate()).rejects.toMatchObject({ code: 'ERR_OPTION_VALUE', option: 'monitor' });
  expect(existsSync(box.path('root.pid'))).toBe(false);
});
