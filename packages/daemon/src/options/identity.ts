/** User and groups of the daemon from stage 3 on: numbers only, because inside a chroot there is no user data base to ask. */
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
