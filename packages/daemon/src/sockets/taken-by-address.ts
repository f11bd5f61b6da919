import { Server } from 'node:net';
import { isSameAddress, type SocketAddress } from '../internal/socket-address.ts';
import { type HandedSocket, socketAt } from './handed-socket.ts';
import { noteSessions } from './http2-sessions.ts';

type Listen = (this: Server, ...args: unknown[]) => Server;

/** Key of the original `Server.prototype.listen`, which this file replaces: some servers must open a socket of their own. */
const ORIGINAL = Symbol.for('daemonium.listen');

export function originalListen(): Listen {
  const prototype = Server.prototype as unknown as { readonly [ORIGINAL]?: Listen; readonly listen: Listen };
  return prototype[ORIGINAL] ?? prototype.listen;
}

/** A server's socket, as far as it is known. */
interface Kept extends Omit<HandedSocket, 'fd' | 'ino'> {
  /** Whether it was handed over; if not, the program has opened it. */
  readonly isHanded: boolean;
}

/**
 * The servers of this process that listen, of every kind: http, https, http2 and tls inherit from net. `listen()` of an address that has been
 * handed over takes that socket, so that a program which knows nothing of handed sockets need not change, as under node:cluster.
 */
export class ListeningServers {
  readonly #free: HandedSocket[];
  readonly #listening = new Map<Server, Kept>();

  constructor(handed: readonly HandedSocket[]) {
    this.#free = [...handed];
  }

  /** Works from now on, for all servers of this process. */
  watch(): void {
    const listen = originalListen();
    const { prototype } = Server as unknown as { readonly prototype: object };
    const over = (server: Server, args: unknown[]) => this.#listen(server, listen, args);
    Object.defineProperty(prototype, ORIGINAL, { value: listen, configurable: true });
    Object.defineProperty(prototype, 'listen', {
      value: function (this: Server, ...args: unknown[]) {
        return over(this, args);
      },
      configurable: true,
      writable: true,
    });
  }

  /** The servers that listen now. */
  get servers(): Server[] {
    return [...this.#listening.keys()];
  }

  /** The sockets under them, as they can be handed on. Files that the program itself has bound go with its server, and are left out. */
  get sockets(): HandedSocket[] {
    return [...this.#listening].flatMap(([server, { isHanded, ...kept }]) => {
      const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd?: number } | null };
      const fd = handle?.fd ?? -1;
      const ino = fd < 0 ? null : socketAt(fd);
      return ino === null || (!isHanded && isFile(kept)) ? [] : [{ fd, ino, ...kept }];
    });
  }

  #listen(server: Server, listen: Listen, args: unknown[]): Server {
    noteSessions(server);
    const asked = askedFor(args);
    if (asked === null) return listen.apply(server, args);
    const socket = this.#take(asked);
    const kept = socket ?? ('fd' in asked ? null : { name: 'unknown', address: asked, file: null });
    if (kept !== null) this.#note(server, { name: kept.name, address: kept.address, file: kept.file, isHanded: socket !== null });
    if (socket === null || 'fd' in asked) return listen.apply(server, args);
    const options = typeof args[0] === 'object' && args[0] !== null ? args[0] : {};
    const callback = args.findLast((each) => typeof each === 'function');
    const { host: _host, port: _port, path: _path, ...rest } = options as Record<string, unknown>;
    return listen.apply(server, [{ ...rest, fd: socket.fd }, ...(callback === undefined ? [] : [callback])]);
  }

  #take(asked: SocketAddress | { readonly fd: number }): HandedSocket | null {
    const index = this.#free.findIndex((socket) => isAskedFor(socket, asked));
    const [socket = null] = index === -1 ? [] : this.#free.splice(index, 1);
    return socket !== null && socketAt(socket.fd) === socket.ino ? socket : null;
  }

  #note(server: Server, kept: Kept): void {
    server.once('listening', () => this.#listening.set(server, kept));
    server.once('close', () => this.#listening.delete(server));
  }
}

function isAskedFor({ fd, address }: HandedSocket, asked: SocketAddress | { readonly fd: number }): boolean {
  return 'fd' in asked ? fd === asked.fd : address !== null && isSameAddress(address, asked);
}

function isFile({ address }: Pick<HandedSocket, 'address'>): boolean {
  return address !== null && 'path' in address;
}

/** The address in the arguments of `listen()`; `null` for those that stay as they are, such as a handle or a port that is shared on purpose. */
function askedFor([first, second]: readonly unknown[]): SocketAddress | { readonly fd: number } | null {
  if (typeof first === 'object' && first !== null) {
    const { fd, path, port, host, handle, _handle, reusePort } = first as Record<string, unknown>;
    if (handle !== undefined || _handle !== undefined || reusePort === true) return null;
    if (typeof fd === 'number' && fd >= 0) return { fd };
    if (isPort(port)) return { port: Number(port), host: hostOf(host) };
    return typeof path === 'string' ? { path } : null;
  }
  if (first === undefined || first === null || typeof first === 'function') return { port: 0, host: null };
  if (isPort(first)) return { port: Number(first), host: hostOf(second) };
  return typeof first === 'string' ? { path: first } : null;
}

function isPort(value: unknown): boolean {
  return (typeof value === 'number' && value >= 0) || (typeof value === 'string' && /^[0-9]+$/.test(value));
}

function hostOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
