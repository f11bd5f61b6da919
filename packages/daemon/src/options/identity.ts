import { loadCore } from '../internal/core.ts';
import type { Faults } from './faults.ts';
import { findIdentity } from './find-identity.ts';
import type { GivenOptions } from './given-options.ts';

/** The user and groups of the daemon from stage 3 on. Numbers only: inside a chroot there is no user data base. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, exactly. */
  readonly groups: readonly number[];
  readonly user: { readonly name: string; readonly home: string } | null;
}

/**
 * Whether stage 3 takes root's rights away. Such a daemon must not be able to change root's pid file: it could name another process, and
 * root's stop() would end that one.
 */
export function losesRights(identity: Identity | null): boolean {
  return identity !== null && identity.uid !== 0 && process.geteuid?.() === 0;
}

/** Resolves `user`, `group` and `initGroups`; the data bases are loaded only when one of them is given. */
export async function resolveIdentity(given: GivenOptions, faults: Faults): Promise<Identity | null> {
  const { user, group, initGroups } = given;
  if (initGroups !== undefined && typeof initGroups !== 'boolean') faults.add('initGroups', 'true or false', initGroups, 'ERR_OPTION_TYPE');
  if (user === undefined && group === undefined) return null;
  const databases = await loadCore();
  return faults.check(() => findIdentity(given, databases), null);
}
