import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `to`: nothing reaches the server; `from`: no answer comes back; `both`. The connections stay open, as a network that drops packets leaves them. */
type Cut = 'to' | 'from' | 'both';

export interface Proxy {
  readonly port: number;
  /** From now on nothing comes through that way, on connections there are and on new ones. */
  cut(way: Cut): void;
  heal(): void;
  /** New connections go there. Those there are go on. */
  leadTo(port: number): void;
  /** Ends the connections there are. */
  drop(): void;
}

/** A TCP proxy on loopback in front of `port`. */
export async function startProxy(port: number, cleanup: (close: () => void) => void, address = '127.0.0.1'): Promise<Proxy> {
  let way: Cut | null = null;
  let target = port;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {});
    }
    forward(near, far, () => way === 'to' || way === 'both');
    forward(far, near, () => way === 'from' || way === 'both');
  }).listen(0, address);
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    server.close();
    drop();
  };
  cleanup(close);

  /** What is cut off is lost: the connection it belonged to is of no use after the healing, and is ended then. */
  function forward(from: Socket, to: Socket, isCut: () => boolean): void {
    from.on('data', (chunk) => {
      if (isCut()) broken.add(from).add(to);
      else to.write(chunk);
    });
    from.on('close', () => {
      sockets.delete(from);
      if (isCut()) broken.add(to);
      else to.destroy();
    });
  }

  const broken = new Set<Socket>();
  return {
    port: (server.address() as AddressInfo).port,
    cut: (next) => {
      way = next;
    },
    heal: () => {
      way = null;
      for (const socket of broken) socket.destroy();
      broken.clear();
    },
    leadTo: (next) => {
      target = next;
    },
    drop,
  };
}
