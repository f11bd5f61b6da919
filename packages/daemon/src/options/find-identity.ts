import { errnoError, OptionError } from '@daemonium/core/start';
import { type Core, loadCore } from '../internal/core.ts';
import type { GivenOptions } from './given-options.ts';
import type { Identity } from './identity.ts';
import type { OptionProblems } from './option-problems.ts';

/** (uid_t)-1 means "leave as it is" in setresuid(2) and chown(2). */
const ID_MAX = 2 ** 32 - 2;

type Databases = Pick<Core, 'lookupUser' | 'lookupGroup' | 'getgrouplist'>;

/** Resolves `user`, `group` and `initGroups`; the data bases are loaded only when one of them is given. */
export async function resolveIdentity(given: GivenOptions, problems: OptionProblems): Promise<Identity | null> {
  const { user, group, initGroups } = given;
  if (initGroups !== undefined && typeof initGroups !== 'boolean')
    problems.add('initGroups', 'true or false', initGroups, 'ERR_OPTION_TYPE');
  if (user === undefined && group === undefined) return null;
  const databases = await loadCore();
  return problems.check(() => findIdentity(given, databases), null);
}

/** User and group as numbers, by the data bases of this system. @throws {OptionError} naming the option */
function findIdentity(given: GivenOptions, databases: Databases): Identity {
  const { user, group, initGroups } = given;
  const account = user === undefined ? null : findUser(user, databases);
  const gid = group === undefined ? account?.gid : findGroup(group, databases);
  if (gid === undefined || gid === null) {
    throw new OptionError('user', 'a user of the user data base, or a number together with group', user, 'ERR_OPTION_VALUE');
  }
  const uid = account === null ? process.geteuid!() : account.uid;
  const name = account?.name ?? null;
  const wantsGroups = initGroups ?? user !== undefined;
  const groups = wantsGroups && name !== null ? databases.getgrouplist(name, gid) : [gid];
  const identity: Identity = { uid, gid, groups, user: name === null || account === null ? null : { name, home: account.home } };
  refuseWithoutRoot(given, identity);
  return identity;
}

function findUser(user: unknown, { lookupUser }: Databases): { uid: number; gid: number | null; name: string | null; home: string } {
  if (user === 'auto') {
    const uid = process.getuid!();
    const account = lookupUser(uid);
    return { uid, gid: process.getgid!(), name: account?.name ?? null, home: account?.home ?? '/' };
  }
  checkName('user', user);
  const account = lookupUser(user);
  if (account !== null) return account;
  if (typeof user === 'string') throw new OptionError('user', 'a user that exists', user, 'ERR_OPTION_VALUE');
  return { uid: user, gid: null, name: null, home: '/' };
}

function findGroup(group: unknown, { lookupGroup }: Databases): number {
  if (group === 'auto') return process.getgid!();
  checkName('group', group);
  const found = lookupGroup(group);
  if (found !== null) return found.gid;
  if (typeof group === 'string') throw new OptionError('group', 'a group that exists', group, 'ERR_OPTION_VALUE');
  return group;
}

function checkName(option: string, value: unknown): asserts value is string | number {
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value > ID_MAX) {
      throw new OptionError(option, `an id from 0 to ${ID_MAX}`, value, 'ERR_OPTION_RANGE');
    }
  } else if (typeof value !== 'string') {
    throw new OptionError(option, 'a name, a number, or "auto"', value, 'ERR_OPTION_TYPE');
  } else if (value === '' || value.includes('\0')) {
    throw new OptionError(option, 'the name of one that exists', value, 'ERR_OPTION_VALUE');
  }
}

function refuseWithoutRoot({ user, group }: GivenOptions, { uid, gid }: Identity): void {
  if (process.geteuid!() === 0) return;
  const real = [process.getuid!(), process.geteuid!()];
  const groups = [process.getgid!(), process.getegid!()];
  const isUser = real.includes(uid);
  if (isUser && groups.includes(gid)) return;
  const option = isUser ? 'group' : 'user';
  const cause = errnoError('EPERM', 'operation not permitted', { errno: -1 });
  throw new OptionError(
    option,
    `the ${option} of this process: only root can change it (EPERM)`,
    option === 'user' ? user : group,
    'ERR_OPTION_VALUE',
    {
      cause,
    },
  );
}
