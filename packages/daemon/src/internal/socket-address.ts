/** The address of a listening socket, as callers of `listen()` give it. */
export type SocketAddress = { readonly host: string | null; readonly port: number } | { readonly path: string };

/** Whether two addresses are the same socket. */
export function isSameAddress(one: SocketAddress, other: SocketAddress): boolean {
  if ('path' in one || 'path' in other) return 'path' in one && 'path' in other && one.path === other.path;
  return one.port === other.port && anyHost(one.host) === anyHost(other.host);
}

/** A server on all IPv6 addresses listens on all IPv4 addresses, too. */
function anyHost(host: string | null): string {
  return host === null || host === '' || host === '::' || host === '0.0.0.0' ? '::' : host.toLowerCase();
}

/** For people: `127.0.0.1:8080`, `*:8080`, `/run/web.sock`. */
export function showAddress(address: SocketAddress): string {
  if ('path' in address) return address.path;
  const { host, port } = address;
  if (host === null) return `*:${port}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
