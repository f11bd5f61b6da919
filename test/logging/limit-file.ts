import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Launched, LaunchOptions } from '../helpers/launch.ts';
import { statOf } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';

/** Limits the files of a process to `size` bytes, or not at all. */
export function limitFiles({ pid }: Launched, size: number | 'unlimited', ids: Pick<LaunchOptions, 'uid' | 'gid'> = {}): void {
  execFileSync('prlimit', [`--fsize=${size}:`, '--pid', String(pid)], ids);
}

/** The file of a writer cannot grow by more than `bytes`. The writer is stopped meanwhile: it would be past the limit before it has one. */
export async function limitGrowth(
  writer: Launched,
  path: string,
  bytes: number,
  ids: Pick<LaunchOptions, 'uid' | 'gid'> = {},
): Promise<void> {
  writer.child.kill('SIGSTOP');
  await until(() => statOf(writer.pid).state === 'T', { what: 'the writer to be stopped' });
  limitFiles(writer, statSync(path).size + bytes, ids);
  writer.child.kill('SIGCONT');
}
