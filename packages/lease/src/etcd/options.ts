import type { SecureContextOptions } from 'node:tls';
import { OptionError } from '@daemonium/core';
import { expectedName, readParts, withoutSecret } from '@daemonium/core/start';

/** How etcd is spoken to. */
export interface EtcdOptions {
  /**
   * User of a cluster with authentication; needs `password`.
   * @default none
   * @throws {OptionError} `ERR_OPTION_TYPE` unless a string, and given together with `password`
   */
  readonly user?: string | undefined;
  /**
   * Password of `user`.
   * @default none
   * @throws {OptionError} `ERR_OPTION_TYPE` unless a string, and given together with `user`
   */
  readonly password?: string | undefined;
  /**
   * For `https:` endpoints: `ca`, `cert`, `key`, `servername`, ... of `tls.connect()`.
   * @default those of `tls.connect()`
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an object
   */
  readonly tls?: (SecureContextOptions & { readonly servername?: string; readonly rejectUnauthorized?: boolean }) | undefined;
}

const KNOWN = ['user', 'password', 'tls'];

/** @throws {OptionError} */
export function checkOptions(options: EtcdOptions): EtcdOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new OptionError('options', 'an object', options);
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  // It may be a password under another name.
  if (unknown !== undefined)
    throw new OptionError(unknown, expectedName(unknown, KNOWN), 'a value that is not shown', 'ERR_OPTION_UNKNOWN');
  const parts = readParts(options, KNOWN) as EtcdOptions;
  const { user, password, tls } = parts;
  if (user !== undefined && typeof user !== 'string') throw new OptionError('user', 'a string', user);
  if (password !== undefined && typeof password !== 'string') throw new OptionError('password', 'a string', typeof password);
  if ((user === undefined) !== (password === undefined)) {
    throw new OptionError(user === undefined ? 'user' : 'password', 'user and password together', undefined);
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null))
    throw new OptionError('tls', 'an object of options of tls.connect()', typeof tls);
  return parts;
}

/**
 * @param tls the option: without TLS nothing of it would count, and passwords would cross in the clear
 * @throws {OptionError}
 */
export function checkEndpoints(urls: unknown, { tls }: EtcdOptions): readonly URL[] {
  const list: readonly unknown[] = Array.isArray(urls) ? urls : [urls];
  if (list.length === 0) throw new OptionError('url', 'at least one endpoint', urls, 'ERR_OPTION_VALUE');
  return list.map((each) => {
    const url = urlOf(each);
    if (url.username !== '' || url.password !== '') {
      throw new OptionError('url', 'no user in it: give user and password as options', url.host, 'ERR_OPTION_VALUE');
    }
    const expected = unmet(url, tls !== undefined);
    if (expected !== null) throw new OptionError('url', expected, withoutSecret(each), 'ERR_OPTION_VALUE');
    return url;
  });
}

function urlOf(value: unknown): URL {
  const expected = "a URL such as 'http://127.0.0.1:2379'";
  if (typeof value !== 'string' && !(value instanceof URL)) throw new OptionError('url', expected, value);
  const url = URL.canParse(String(value)) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new OptionError('url', expected, withoutSecret(value), 'ERR_OPTION_VALUE');
  return url;
}

/** The expectation that a URL does not meet; `null`: it meets all. */
function unmet({ protocol, hostname, search, hash }: URL, hasTls: boolean): string | null {
  if (hostname.includes(',')) return 'one URL in a string: several go into an array';
  if (search !== '' || hash !== '') return 'nothing behind a path: certificates and the like go into tls';
  return hasTls && protocol !== 'https:' ? 'https: with the option tls' : null;
}
