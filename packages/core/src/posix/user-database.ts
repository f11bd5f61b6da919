import { systemError } from './call.ts';
import { clearErrno, declare, errno, koffi } from './libc.ts';
import { platform } from './platform.ts';

/** An entry of the passwd data base: /etc/passwd, LDAP, whatever the system asks. */
export interface User {
  /** Login name. */
  readonly name: string;
  /** User id (uid). */
  readonly uid: number;
  /** Id of its primary group (gid). */
  readonly gid: number;
  /** Absolute path of its home directory. */
  readonly home: string;
  /** Absolute path of its login shell. */
  readonly shell: string;
}

/** An entry of the group data base. */
export interface Group {
  /** Name of the group. */
  readonly name: string;
  /** Group id (gid). */
  readonly gid: number;
}

const getpwnam = declare<(name: string) => unknown>('void *getpwnam(const char *name)');
const getpwuid = declare<(uid: number) => unknown>('void *getpwuid(uint32_t uid)');
const getgrnam = declare<(name: string) => unknown>('void *getgrnam(const char *name)');
const getgrgid = declare<(gid: number) => unknown>('void *getgrgid(uint32_t gid)');
const cGetgrouplist = declare<(user: string, gid: number, groups: Uint32Array, count: Int32Array) => number>(
  'int getgrouplist(const char *user, uint32_t gid, void *groups, void *count)',
);

/**
 * `getpwnam(name)`, or `getpwuid(id)` for a number. A string of digits is a name first and then an id, as for chown(1).
 * @returns `null` when there is no such user
 * @throws {NodeJS.ErrnoException} `EIO`, `EMFILE`, ...: the data base could not be asked
 * @see https://man7.org/linux/man-pages/man3/getpwnam.3.html
 */
export function lookupUser(nameOrId: string | number): User | null {
  const found = lookup(nameOrId, getpwnam, getpwuid, 'getpwnam');
  if (found === null) return null;
  const { name, uid, gid, home, shell } = koffi().decode(found, passwdLayout()) as User;
  return { name, uid, gid, home, shell };
}

/**
 * `getgrnam(name)`, or `getgrgid(id)` for a number. A string of digits is a name first and then an id, as for chown(1).
 * @returns `null` when there is no such group
 * @throws {NodeJS.ErrnoException} `EIO`, `EMFILE`, ...: the data base could not be asked
 * @see https://man7.org/linux/man-pages/man3/getgrnam.3.html
 */
export function lookupGroup(nameOrId: string | number): Group | null {
  const found = lookup(nameOrId, getgrnam, getgrgid, 'getgrnam');
  if (found === null) return null;
  const { name, gid } = koffi().decode(found, groupLayout()) as Group;
  return { name, gid };
}

/**
 * `getgrouplist(user, gid)`: the groups initgroups(3) would give this user, `gid` among them.
 * @see https://man7.org/linux/man-pages/man3/getgrouplist.3.html
 */
export function getgrouplist(user: string, gid: number): number[] {
  // Linux allows 65,536 groups, and tells the number that it needed; macOS only says that it was too few.
  for (let size = 64; ; size *= 4) {
    const groups = new Uint32Array(size);
    const count = Int32Array.of(size);
    if (cGetgrouplist(user, gid, groups, count) !== -1 || size > 65_536) return [...groups.subarray(0, Math.min(size, count[0]!))];
  }
}

function lookup(nameOrId: string | number, byName: (name: string) => unknown, byId: (id: number) => unknown, syscall: string): unknown {
  if (typeof nameOrId === 'number') return isId(nameOrId) ? ask(() => byId(nameOrId), syscall) : null;
  // C would stop reading at the NUL, and find another user.
  if (nameOrId === '' || nameOrId.includes('\0')) return null;
  const named = ask(() => byName(nameOrId), syscall);
  if (named !== null || !/^(0|[1-9][0-9]{0,9})$/.test(nameOrId) || !isId(Number(nameOrId))) return named;
  return ask(() => byId(Number(nameOrId)), syscall);
}

/** 2^32 - 1 means "leave it as it is" to chown and setuid: no user has this id. */
function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < 0xffff_ffff;
}

/** The errno values that various systems give for "not found", see getpwnam(3). */
const NOT_FOUND = new Set(['ENOENT', 'ESRCH', 'EBADF', 'EPERM']);

function ask(get: () => unknown, syscall: string): unknown {
  koffi();
  clearErrno();
  const found = get();
  if (found !== null) return found;
  const number = errno();
  if (number === 0) return null;
  const error = systemError(syscall, number);
  if (NOT_FOUND.has(error.code ?? '')) return null;
  throw error;
}

type Layout = ReturnType<ReturnType<typeof koffi>['struct']>;
let passwd: Layout | undefined;
let group: Layout | undefined;

function passwdLayout(): Layout {
  const bsd = platform() === 'linux' ? {} : { change: 'int64_t', class: 'str' };
  passwd ??= koffi().struct({
    name: 'str',
    password: 'str',
    uid: 'uint32_t',
    gid: 'uint32_t',
    ...bsd,
    gecos: 'str',
    home: 'str',
    shell: 'str',
  });
  return passwd;
}

function groupLayout(): Layout {
  group ??= koffi().struct({ name: 'str', password: 'str', gid: 'uint32_t', members: 'void *' });
  return group;
}
