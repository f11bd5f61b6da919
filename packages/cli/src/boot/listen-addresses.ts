import type { Declaration } from '@daemonium/core/registry';

/** One address of the option `listen`. */
export interface ListenAddress {
  readonly port: number | null;
  readonly host: string | null;
  /** Path of a Unix socket; `null` for TCP. */
  readonly path: string | null;
  readonly mode: number | null;
  readonly name: string | null;
  readonly backlog: number | null;
}

const NOTHING: ListenAddress = { port: null, host: null, path: null, mode: null, name: null, backlog: null };

/** The addresses of `listen`, each of which is a port, `'host:port'`, an absolute path, or an object. */
export function listenAddresses({ listen }: Declaration): readonly ListenAddress[] {
  return (listen ?? []).map(addressOf);
}

function addressOf(value: unknown): ListenAddress {
  if (typeof value === 'number') return { ...NOTHING, port: value };
  if (typeof value === 'object') return { ...NOTHING, ...value };
  const text = String(value);
  if (text.startsWith('/')) return { ...NOTHING, path: text };
  const end = text.lastIndexOf(':');
  if (end === -1) return { ...NOTHING, port: Number(text) };
  return { ...NOTHING, host: text.slice(0, end).replace(/^\[|\]$/g, ''), port: Number(text.slice(end + 1)) };
}

/** The address in the form of ListenStream=, see systemd.socket(5). */
export function asStream({ port, host, path }: ListenAddress): string {
  if (path !== null) return path;
  if (host === null) return String(port);
  // systemd looks up no names.
  const address = host === 'localhost' ? '127.0.0.1' : host;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
