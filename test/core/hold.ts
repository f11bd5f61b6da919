import { inject } from 'vitest';
import type { Launched } from '../helpers/launch.ts';
import { statOf } from '../helpers/observe.ts';
import { fixture, type Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

/** Another process that holds the lock of `path`. A line on its stdin makes it release. */
export async function holdLock(
  box: Sandbox,
  path: string,
  step: 'acquire' | 'seal' = 'seal',
  options: { uid?: number; gid?: number } = {},
): Promise<Launched> {
  const holder = box.spawn(fixture('lock-hold'), { args: [path, step], stdin: 'pipe', ...options });
  await until(() => holder.stdout.includes('held'), { what: `the holder of ${path}; ${holder.stderr}` });
  return holder;
}

/** SIGKILL, and the end of it. */
export async function kill(process_: Launched): Promise<void> {
  process_.child.kill('SIGKILL');
  await process_.finished;
}

/** A process that has ended, and its parent, which does not reap it. */
export async function zombie(box: Sandbox): Promise<{ readonly pid: number; readonly parent: number }> {
  // The child ends when its parent is no shell any more, which would reap it.
  const waits = 'while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done';
  const parent = box.spawn('-c', { executable: 'sh', args: [`(${waits}) & echo $!; exec sleep 60`] });
  const pid = Number(await until(() => parent.stdout.trim(), { what: 'the child' }));
  await until(() => statOf(pid).state === 'Z', { what: 'the zombie' });
  return { pid, parent: parent.pid };
}

/** Why a test of what only root can arrange, or that becomes another user, is left out; or `false`. */
export const notRoot = inject('notRoot');

/** Nobody's. */
export const OTHER = 65_534;

/** A process of {@link OTHER}'s, by flock(1), that keeps the lock of root's file. */
export async function lockedByOther(box: Sandbox, path: string): Promise<Launched> {
  const args = ['-o', path, 'sh', '-c', 'echo locked; exec sleep 60'];
  const locker = box.spawn('-x', { executable: 'flock', args, uid: OTHER, gid: OTHER });
  await until(() => locker.stdout.includes('locked'), { what: `the locker of ${path}; ${locker.stderr}` });
  return locker;
}
