export { discardSockets, openSockets } from './open-sockets.ts';
export { passedSockets } from './passed-sockets.ts';
export { ListeningServers } from './taken-by-address.ts';
