export { discardSockets, openSockets } from './open-sockets.ts';
export { ListeningServers } from './taken-by-address.ts';
