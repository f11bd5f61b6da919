import { OptionError } from '@daemonium/core';
import { readParts, withoutSecret } from '@daemonium/core/start';
import type { ClientClass, PostgresClient, PostgresConfig } from './types.ts';

/** Makes a client that is not connected yet. */
export type NewClient = (connectTimeout: number) => Promise<PostgresClient>;

/** The source of the clients. */
export interface Clients {
  /** Loads the package `pg`, which the first client would load. */
  readonly load: () => Promise<unknown>;
  readonly make: NewClient;
}

/**
 * The source of clients for the given target. A pool's own clients stay with the program: a busy pool would delay the renewals, and the
 * program would miss a client that waits for a notification.
 * @throws {OptionError}
 */
export function resolveTarget(target: unknown): Clients {
  const expected = "a URL such as 'postgres://user@host/database', a configuration for pg.Client, or a pg.Pool";
  if (typeof target === 'string' || target instanceof URL) return fromConfig({ connectionString: checkUrl(String(target)) });
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw new OptionError('target', expected, target);
  if (isPool(target)) return fromPool(target);
  // Its password would be shown with the error.
  if (Object.getPrototypeOf(target) !== Object.prototype) throw new OptionError('target', expected, 'an instance of another class');
  return fromConfig(readParts(target, Object.keys(target), 'target.'));
}

/** The password is not shown. */
function checkUrl(text: string): string {
  const shown = withoutSecret(text);
  const [, hosts = ''] = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(text) ?? [];
  // libpq takes several, and pg looks for one with that name.
  if (hosts.includes(','))
    throw new OptionError('target', 'one host: a name, an address or a pooler that leads to the primary', shown, 'ERR_OPTION_VALUE');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return text;
  throw new OptionError('target', 'a URL that begins with postgres:// or postgresql://', shown, 'ERR_OPTION_VALUE');
}

function isPool(target: object): target is { readonly Client: ClientClass; readonly options: object } {
  return 'Client' in target && typeof target.Client === 'function' && 'options' in target && typeof target.options === 'object';
}

function fromPool({ Client, options }: { readonly Client: ClientClass; readonly options: object }): Clients {
  const make: NewClient = async (connectTimeout) => {
    // pg hides the password from enumeration.
    const { password } = options as { password?: unknown };
    return new Client({ ...options, ...(password === undefined ? {} : { password }), connectionTimeoutMillis: connectTimeout });
  };
  return { load: async () => {}, make };
}

function fromConfig(config: PostgresConfig): Clients {
  const load = async () => ((await import('pg')) as unknown as { default: { readonly Client: ClientClass } }).default;
  const make: NewClient = async (connectTimeout) => {
    const { Client } = await load();
    return new Client({ keepAlive: true, application_name: 'daemonium-lease', ...config, connectionTimeoutMillis: connectTimeout });
  };
  return { load, make };
}
