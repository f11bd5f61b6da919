export interface OwnAccount {
  readonly username: string;
  readonly homedir: string;
}

/** The account of this process. A container may run it under a number that no account has: then the number is its name. */
export function ownAccount(): OwnAccount {
  const os = process.getBuiltinModule('node:os');
  try {
    return os.userInfo();
  } catch {
    return { username: String(process.geteuid?.()), homedir: os.homedir() };
  }
}
