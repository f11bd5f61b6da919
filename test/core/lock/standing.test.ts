import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { standingOf } from '../../../packages/core/src/lock/standing.ts';
import { childProcesses } from '../../../packages/core/src/posix/processes.ts';
import { lockHolders } from '../../helpers/lock-probe.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** Acts between a look at the pid file and the look at the children of the shell that it names. */
const between = vi.hoisted(() => ({ act: () => {} }));
vi.mock('../../../packages/core/src/posix/processes.ts', async (original) => {
  const actual = await original<typeof import('../../../packages/core/src/posix/processes.ts')>();
  const childProcesses = (pid: number) => {
    between.act();
    return actual.childProcesses(pid);
  };
  return { ...actual, childProcesses };
});

/** Holds the lock, as respawn.sh does, and has a child that is as one between fork(2) and exec(2): with the lock, and with the shell's arguments. */
const SHELL = `exec 9<>"$1"; flock -x 9; echo $$ >&9; ( sleep 600 9<&-; : ) & wait`;

test('a child that the shell is just forking is not taken for the daemon', async () => {
  const box = sandbox();
  const path = box.path('daemon.pid');
  writeFileSync(path, '', { mode: 0o644 });
  writeFileSync(box.path('respawn.sh'), SHELL);
  const { pid } = box.spawn('', { executable: 'sh', args: [box.path('respawn.sh'), path] });
  await until(() => lockHolders(path).length === 2, { what: 'shell and child, both with the lock' });
  expect(childProcesses(pid)).toHaveLength(1);
  expect(standingOf(path)).toEqual({ shell: expect.objectContaining({ pid }), daemon: null });
});

/** A process with much memory takes its time to end, and has lost its arguments meanwhile. It has no child, which would have the lock for a moment, too. */
const LARGE = `exec 9<>"$1"; flock -x 9; echo $$ >&9; memory=$(head -c 60000000 /dev/zero | tr '\\0' a); echo large; kill -STOP $$`;

test('a shell that is ending is not taken for a daemon', async () => {
  const box = sandbox();
  const path = box.path('daemon.pid');
  writeFileSync(path, '', { mode: 0o644 });
  writeFileSync(box.path('respawn.sh'), LARGE);
  const large = box.spawn('', { executable: 'sh', args: [box.path('respawn.sh'), path] });
  await until(() => large.stdout.includes('large'), { what: `the shell; ${large.stderr}` });
  const shell = { shell: expect.objectContaining({ pid: large.pid }), daemon: null };
  expect(standingOf(path)).toEqual(shell);
  large.child.kill('SIGKILL');
  for (let standing = standingOf(path); standing !== 'unlocked'; standing = standingOf(path)) expect(standing).toEqual(shell);
});

/** Two shells with the lock, as in the last moment of an upgrade: the first one's daemon has ended, and the second one's runs. */
const UPGRADE = `exec 9<>"$1"; flock -x 9; sh "$2" & echo $!; sleep 600 9<&- & echo $$ >&9; wait`;
const SUCCESSOR = `sleep 600 & wait`;

test('a shell that has been succeeded since the look at the pid file is not taken for one that waits', async () => {
  const box = sandbox();
  const path = box.path('daemon.pid');
  writeFileSync(path, '', { mode: 0o644 });
  mkdirSync(box.path('next'));
  writeFileSync(box.path('respawn.sh'), UPGRADE);
  writeFileSync(box.path('next', 'respawn.sh'), SUCCESSOR);
  const first = box.spawn('', { executable: 'sh', args: [box.path('respawn.sh'), path, box.path('next', 'respawn.sh')] });
  await until(() => first.stdout.endsWith('\n'), { what: "the second shell's pid" });
  const second = Number(first.stdout);
  const daemon = await until(() => childProcesses(second)[0], { what: 'a daemon' });
  const holders = [first.pid, second, daemon].sort();
  await until(() => `${lockHolders(path).sort()}` === `${holders}`, { what: 'two shells and a daemon with the lock' });
  await until(() => readFileSync(path, 'utf8') === `${first.pid}\n`, { what: 'the first shell in the pid file' });
  // Until then it is a shell that was just forked.
  await until(() => observe(daemon).cmdline[0] === 'sleep', { what: 'the program of the daemon' });
  expect(standingOf(path)).toEqual({ shell: expect.objectContaining({ pid: first.pid }), daemon: null });

  onTestFinished(() => {
    between.act = () => {};
  });
  between.act = () => writeFileSync(path, `${second}\n`);
  expect(standingOf(path)).toEqual({
    shell: expect.objectContaining({ pid: second }),
    daemon: expect.objectContaining({ pid: daemon }),
  });
});
