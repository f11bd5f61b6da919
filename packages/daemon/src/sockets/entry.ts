export { discardSockets, openSockets } from './open-sockets.ts';
export { passedSockets } from './passed-sockets.ts';
