import { setErrorName } from '@daemonium/core/start';

/** Base of all errors about a lease. `code` names the fault, `key` the lease. */
export class LeaseError extends Error {
  static {
    setErrorName(this, 'LeaseError');
  }
  /** A code of the table in docs/errors.md. */
  readonly code: string;
  /** The lease's name in the cluster. */
  readonly key: string;

  constructor(message: string, code: string, key: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.key = key;
  }
}

/** Another reign stands, still when the time is over. `cause` is the engine's last error, if it did not answer in the end. */
export class AlreadyLeasedError extends LeaseError {
  static {
    setErrorName(this, 'AlreadyLeasedError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_ALREADY_LEASED';
  /** The leader's name, given with the option `holder`; `null` when the last look came between two reigns. */
  readonly holder: string | null;

  constructor(key: string, holder: string | null, message = heldMessage(key, holder), options?: ErrorOptions) {
    super(message, 'ERR_ALREADY_LEASED', key, options);
    this.holder = holder;
  }
}

/** This object does not hold the lease that it was asked to seal or release, or not any more. Nothing was changed. */
export class NotMyLeaseError extends LeaseError {
  static {
    setErrorName(this, 'NotMyLeaseError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_NOT_MY_LEASE';

  constructor(key: string, why: string, options?: ErrorOptions) {
    super(`Not my lease '${key}': ${why}`, 'ERR_NOT_MY_LEASE', key, options);
  }
}

/** This reign is over: no renewal came through in time (`late`), or the engine says that it stands no more (`taken`). End the work now. */
export class LeaseLostError extends LeaseError {
  static {
    setErrorName(this, 'LeaseLostError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_LEASE_LOST';
  /** `late`: given up by this process's own clock, before another process can own it. `taken`: another reign has begun, or this one was removed. */
  readonly why: 'late' | 'taken';

  constructor(key: string, why: 'late' | 'taken', options?: ErrorOptions) {
    const said = why === 'late' ? 'no renewal came through in time' : 'this reign stands no more in the engine';
    super(`The lease '${key}' is lost: ${said}; end the work, another process may own it`, 'ERR_LEASE_LOST', key, options);
    this.why = why;
  }
}

/** The engine did not carry the request out. `cause` is its own error. */
export class LeaseFailedError extends LeaseError {
  static {
    setErrorName(this, 'LeaseFailedError');
  }
  /** Always the same. */
  declare readonly code: 'ERR_LEASE_FAILED';

  constructor(key: string, what: string, cause: unknown) {
    super(`Cannot ${what} the lease '${key}': ${reason(cause)}${cure(cause)}`, 'ERR_LEASE_FAILED', key, { cause });
  }
}

function heldMessage(key: string, holder: string | null): string {
  return `Cannot take the lease '${key}': held by ${holder === null ? 'another' : `'${holder}'`}; stop that one, or wait with a timeout`;
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // A refused connection to a name with several addresses has an empty message.
  return cause.message === '' ? codeOf(cause) : cause.message;
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

const AUTHORITY = "is the certificate of the server's authority given as `ca`?";

/** Advice, by errno name, by PostgreSQL's SQLSTATE, or by a message that comes without a code. */
const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is the engine running, and is this its address?',
  ENOTFOUND: 'check the host name',
  ETIMEDOUT: 'is the engine reachable from here?',
  ERR_MODULE_NOT_FOUND: 'npm install pg',
  '28P01': 'check user and password',
  '28000': 'check the user, and pg_hba.conf of the server',
  '3D000': 'check the name of the database',
  '42P01': 'have the table made that postgres.leaseTable() prints',
  '42501': 'have the table made that postgres.leaseTable() prints, with SELECT, INSERT and UPDATE on it for this user',
  '25006': 'this server only reads: give the address of the primary',
  '0A000': 'this server only reads: give the address of the primary',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': 'give a password',
  'etcdserver: user name is empty': 'give user and password',
  'etcdserver: authentication failed, invalid user ID or password': 'check user and password',
  'etcdserver: authentication is not enabled': 'enable it, or give no user and password',
  'etcdserver: permission denied': 'grant a role of this user readwrite on the key, which is the name of the lease',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: AUTHORITY,
};

function cure(cause: unknown): string {
  const text = CURES[codeOf(cause)] ?? CURES[reason(cause)];
  return text === undefined ? '' : ` (${text})`;
}
