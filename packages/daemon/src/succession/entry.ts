export { serveRequests } from './request-server.ts';
