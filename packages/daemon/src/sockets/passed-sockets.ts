import { isIP } from 'node:net';
import { loadCore } from '../internal/core.ts';
import { isSameAddress, type SocketAddress } from '../internal/socket-address.ts';
import type { ListenAddress } from '../options/listen.ts';
import { listenSockets } from '../service/listen-sockets.ts';
import { type HandedSocket, socketAt } from './handed-socket.ts';

/** The sockets of a service manager. One that listens where `listen` says is taken by its address, like those of a launcher. */
export async function passedSockets(wanted: readonly ListenAddress[]): Promise<HandedSocket[]> {
  const passed = listenSockets();
  if (passed.length === 0) return [];
  const { listeningAddress } = await loadCore();
  return passed.map(({ fd, name }) => {
    const ino = socketAt(fd);
    const at = ino === null ? null : listeningAddress(BigInt(ino));
    const found = at === null ? undefined : wanted.find((each) => isWanted(each, at));
    return { fd, name, address: found === undefined ? null : addressOf(found), ino: ino ?? '', file: null };
  });
}

/** A host's name stands for whatever address the service manager has found for it. */
function isWanted(wanted: ListenAddress, at: SocketAddress): boolean {
  if (isSameAddress(wanted, at)) return true;
  return 'port' in wanted && 'port' in at && wanted.port === at.port && wanted.host !== null && isIP(wanted.host) === 0;
}

function addressOf(wanted: ListenAddress): SocketAddress {
  return 'path' in wanted ? { path: wanted.path } : { host: wanted.host, port: wanted.port };
}
