import { DaemonError } from '../errors.ts';
import { type Core, loadCore } from '../internal/core.ts';
import type { Identity } from '../options/identity.ts';
import type { Plan } from '../options/plan.ts';
import { warn } from './warn.ts';

type Threads = ReturnType<Core['threadCredentials']>;

/** Stage 3: changes root directory, user and groups. @throws {DaemonError} `ERR_CREDENTIALS` */
export async function changeCredentials({ rootDirectory, identity, env }: Pick<Plan, 'rootDirectory' | 'identity' | 'env'>): Promise<void> {
  const { chroot, threadCredentials, watchThreads } = await loadCore();
  // Most jails have no /proc, so the files for the check are opened before chroot().
  const threads = watchThreads();
  try {
    if (rootDirectory !== null) {
      chroot(rootDirectory);
      // chroot(2) leaves the working directory outside, and with it the way out.
      process.chdir('/');
    }
    if (identity === null) return;
    const already = isAlready(identity);
    const before = process.geteuid!();
    if (!already) become(identity);
    const seen = threads.read();
    verify(identity, [...seen, ...threadCredentials()], already);
    if (seen.length === 0) await warnUnverified();
    if (!already && (identity.user !== null || identity.uid !== before)) restoreUserVariables(identity, env);
  } finally {
    threads.close();
  }
}

/** This order only: once the uid is gone, groups can no longer be changed. */
function become({ uid, gid, groups }: Identity): void {
  process.setgroups!([...groups]);
  process.setgid!(gid);
  process.setuid!(uid);
}

/** Whether the process has these ids already, and is not root: then there is nothing to drop, and setgroups(2) would be refused. */
function isAlready({ uid, gid }: Identity): boolean {
  if (process.geteuid!() === 0) return false;
  return process.getuid!() === uid && process.geteuid!() === uid && process.getgid!() === gid && process.getegid!() === gid;
}

/**
 * Checks that the kernel has changed every thread as asked, and that no way back is left. `process.getuid()` and its like do not show all
 * of it.
 */
function verify({ uid, gid, groups }: Identity, threads: Threads, already: boolean): void {
  const lost = (what: string) => failure(already ? 'The user has more rights than its own' : 'Root was not dropped', what);
  const wanted = list(groups);
  for (const { tid, uids, gids, groups: has, capabilities } of threads) {
    if (uids.some((id) => id !== uid) || gids.some((id) => id !== gid)) {
      throw lost(`thread ${tid} has uids ${uids} and gids ${gids} (real, effective, saved, file system) instead of ${uid} and ${gid}`);
    }
    // A process that already was this user may have fewer groups (in a container, in a cron job): fewer groups give no extra rights. Nor does the
    // primary group, listed or not.
    const held = already ? has.filter((id) => id !== gid && !groups.includes(id)).concat(groups) : has;
    if (list(held) !== wanted) throw lost(`thread ${tid} has the groups ${list(has)} instead of ${wanted}`);
    if (uid !== 0 && capabilities !== null) refuseCapabilities(tid, capabilities, lost);
  }
  if (uid === 0) return;
  refuseReturn('setuid(0)', () => process.setuid!(0), lost);
  if (gid !== 0) refuseReturn('setgid(0)', () => process.setgid!(0), lost);
}

/** A permitted one can be made effective, and an inheritable or ambient one comes back with the next program. */
function refuseCapabilities(tid: number, capabilities: NonNullable<Threads[number]['capabilities']>, lost: (what: string) => Error): void {
  for (const [set, bits] of Object.entries(capabilities)) {
    if (bits !== 0n)
      throw lost(`thread ${tid} has ${set} capabilities (${bits.toString(16)}); to keep them on purpose, leave out user and group`);
  }
}

function list(ids: readonly number[]): string {
  return [...new Set(ids)].sort((a, b) => a - b).join(' ');
}

function refuseReturn(call: string, attempt: () => void, lost: (what: string) => Error): void {
  try {
    attempt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return;
    throw error;
  }
  throw lost(`${call} still works`);
}

function failure(reason: string, what: string): DaemonError {
  return new DaemonError(`${reason}: ${what}`, { code: 'ERR_CREDENTIALS', stage: 3 });
}

function warnUnverified(): Promise<void> {
  return warn(
    'DAEMONIUM_UNVERIFIED',
    'There is no /proc here: what this process says of itself is in order, and neither the saved ids nor the capabilities, nor any other thread could be looked at',
  );
}

/** Programs look for their files by these variables, and root's values would be wrong. Variables that `env` sets stay. */
function restoreUserVariables({ user }: Identity, env: Plan['env']): void {
  for (const [name, value] of [
    ['HOME', user?.home ?? '/'],
    ['USER', user?.name],
    ['LOGNAME', user?.name],
  ] as const) {
    if (Object.hasOwn(env, name)) continue;
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
