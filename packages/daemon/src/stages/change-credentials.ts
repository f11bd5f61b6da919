import { DaemonError } from '../errors.ts';
import { type Core, loadCore } from '../internal/core.ts';
import type { Identity } from '../options/identity.ts';
import type { Plan } from '../options/plan.ts';

/** What stage 3 does. @throws {DaemonError} `ERR_CREDENTIALS` */
export async function changeCredentials({ rootDirectory, identity, env }: Pick<Plan, 'rootDirectory' | 'identity' | 'env'>): Promise<void> {
  const { chroot, threadCredentials, watchThreads } = await loadCore();
  // /proc is outside of most jails, and what is to be looked at afterwards is opened before.
  const threads = watchThreads();
  try {
    if (rootDirectory !== null) {
      chroot(rootDirectory);
      // chroot(2) leaves the working directory outside, and with it the way out.
      process.chdir('/');
    }
    if (identity === null || isAlready(identity)) return;
    const before = process.geteuid!();
    // This order only: once the uid is gone, groups can no longer be changed.
    process.setgroups!([...identity.groups]);
    process.setgid!(identity.gid);
    process.setuid!(identity.uid);
    verify(identity, [...threads.read(), ...threadCredentials()]);
    if (identity.user !== null || identity.uid !== before) restoreUserVariables(identity, env);
  } finally {
    threads.close();
  }
}

/** The own ids of somebody who is not root: there is nothing to drop, and setgroups(2) would be refused. */
function isAlready({ uid, gid }: Identity): boolean {
  if (process.geteuid!() === 0) return false;
  return process.getuid!() === uid && process.geteuid!() === uid && process.getgid!() === gid && process.getegid!() === gid;
}

function verify({ uid, gid, groups }: Identity, threads: ReturnType<Core['threadCredentials']>): void {
  const wanted = list(groups);
  for (const { tid, uids, gids, groups: has, capEff } of threads) {
    if (uids.some((id) => id !== uid) || gids.some((id) => id !== gid)) {
      throw lost(`thread ${tid} has uids ${uids} and gids ${gids} instead of ${uid} and ${gid}`);
    }
    if (list(has) !== wanted) throw lost(`thread ${tid} has the groups ${list(has)} instead of ${wanted}`);
    if (uid !== 0 && capEff !== null && capEff !== 0n) throw lost(`thread ${tid} has kept capabilities (CapEff ${capEff.toString(16)})`);
  }
  if (uid === 0) return;
  refuseReturn('setuid(0)', () => process.setuid!(0));
  if (gid !== 0) refuseReturn('setgid(0)', () => process.setgid!(0));
}

function list(ids: readonly number[]): string {
  return [...new Set(ids)].sort((a, b) => a - b).join(' ');
}

function refuseReturn(call: string, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return;
    throw error;
  }
  throw lost(`${call} still works`);
}

function lost(what: string): DaemonError {
  return new DaemonError(`Root was not dropped: ${what}`, { code: 'ERR_CREDENTIALS', stage: 3 });
}

/** Programs look for their files there; root's would be the wrong ones. What `env` sets stays. */
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
