import type { Plan } from '../options/plan.ts';
import type { StrayDescriptor } from '../protocol/start-payload.ts';
import { changeCredentials } from './change-credentials.ts';
import { warnOpenDirectories } from './open-directories.ts';

/**
 * Stage 3: into the new root directory, and away from root. Without `rootDirectory`, `user` and `group` it does nothing.
 * Every thread is checked afterwards, even if the process had this user already: a daemon that wrongly believes it has dropped root is
 * worse than one that does not start.
 * @param strays stage 8 closes them, so they are no way out of the new root directory
 * @throws {DaemonError} `ERR_CREDENTIALS` the kernel did not change all of the ids, or root could come back
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
export async function stage3Credentials(
  plan: Pick<Plan, 'rootDirectory' | 'identity' | 'env'>,
  strays: readonly StrayDescriptor[],
): Promise<void> {
  if (plan.rootDirectory === null && plan.identity === null) return;
  if (plan.rootDirectory !== null) await warnOpenDirectories(strays);
  await changeCredentials(plan);
}
