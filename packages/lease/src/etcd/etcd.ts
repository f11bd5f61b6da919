import type { LeaseEngine } from '../engine.ts';
import { EtcdEngine } from './engine.ts';
import { Gateway } from './gateway.ts';
import { checkEndpoints, checkOptions, type EtcdOptions } from './options.ts';

/**
 * Leases in etcd, 3.4 and later, through its JSON gateway: no package is needed. A reign is a key with a lease of etcd's. etcd counts whole
 * seconds, so durations are rounded up there; the holder counts its own, shorter ones.
 * @param url one endpoint or several, which are tried in turn
 * @throws {OptionError} `ERR_OPTION_VALUE`: a URL that is not `http:` or `https:`, or not `https:` with `tls`; `ERR_OPTION_TYPE`: a user without a password, ...; `ERR_OPTION_UNKNOWN`
 */
export function etcd(url: string | URL | readonly (string | URL)[], options: EtcdOptions = {}): LeaseEngine {
  const checked = checkOptions(options);
  return new EtcdEngine(new Gateway(checkEndpoints(url, checked), checked));
}
