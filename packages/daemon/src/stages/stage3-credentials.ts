import type { Plan } from '../options/plan.ts';
import { changeCredentials } from './change-credentials.ts';

/**
 * Stage 3: into the new root directory, and away from root. Without `rootDirectory`, `user` and `group` it does nothing.
 * Whoever is asked for, be it the user that the process has already, every thread is looked at afterwards: a daemon that believes it has dropped root and has not is worse than one that does not start.
 * @throws {DaemonError} `ERR_CREDENTIALS` the kernel did not keep what was asked, or would give it back
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
export async function stage3Credentials(plan: Pick<Plan, 'rootDirectory' | 'identity' | 'env'>): Promise<void> {
  if (plan.rootDirectory === null && plan.identity === null) return;
  await changeCredentials(plan);
}
