import { readFileSync } from 'node:fs';
import { type Places, placesOf } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { NOT_PERMITTED } from '../errors/exit-codes.ts';

export interface Account {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The accounts of this machine, root first. Those of a directory service are not listed there. */
export function accounts(passwd: string = readFileSync('/etc/passwd', 'utf8')): Account[] {
  const all = passwd.split('\n').flatMap((line) => {
    const [user = '', , uid, gid, , home = ''] = line.split(':');
    return home.startsWith('/') && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')
      ? [{ user, uid: Number(uid), gid: Number(gid), home }]
      : [];
  });
  // Several names may share a number, and then they share their daemons.
  return [...new Map(all.map((account) => [`${account.uid} ${account.home}`, account])).values()].sort((a, b) => a.uid - b.uid);
}

export function placesOfAccount({ uid, home }: Account): Places {
  return placesOf({ uid, env: { HOME: home }, home: () => home });
}

/** @throws {CommandError} */
export function requireRoot(): void {
  if (process.geteuid?.() !== 0) throw new CommandError('--all-users is for root: run it with sudo', NOT_PERMITTED);
}

/**
 * Looks with the rights of that user, not root's. Traps in the user's home, laid for root, then have no more than the user's own rights. A
 * holder that is proved to the user is proved here, too.
 */
export function asUser<T>({ uid, gid }: Account, look: () => T): T {
  if (uid === 0) return look();
  process.setegid?.(gid);
  try {
    process.seteuid?.(uid);
    return look();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
