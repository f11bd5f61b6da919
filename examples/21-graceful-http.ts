// A web server that finishes what it has begun: a request that is in flight when the daemon is stopped still gets its answer.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon, isDaemonProcess } from '@daemonium/daemon';

class Server extends Daemon<[socket: string]> {
  override async run(socket: string): Promise<void> {
    const server = createServer(async (_request, response) => {
      response.write('begun, ');
      await pause(500);
      response.end('and finished\n');
    });
    server.listen(socket);
    await once(server, 'listening');
    // Only now does start() resolve in the launcher: a socket that is taken is still the launcher's error.
    this.ready();
    await once(this.shutdown, 'abort');
    // No new connections; the last answer goes out, and those that only wait for another request are closed.
    server.close();
    server.closeIdleConnections();
    await once(server, 'close');
  }
}

const directory = isDaemonProcess ? '' : mkdtempSync(join(tmpdir(), 'daemonium-example-'));
const socket = join(directory, 'server.sock');
const server = new Server({
  name: 'server',
  args: [socket],
  pidFile: join(directory, 'server.pid'),
  waitForReady: true,
  stopTimeout: 5000,
});
await server.start();

const [response] = (await once(get({ socketPath: socket, agent: false }), 'response')) as [IncomingMessage];
console.log(`answered with ${response.statusCode}; stopping the daemon`);
const stopped = server.stop();
const text = Buffer.concat(await response.toArray()).toString();
console.log(`the request in flight: ${text.trimEnd()}`);
const { signal, forced } = await stopped;
console.log(`stopped by ${signal}${forced ? ', by force' : ''}; running: ${server.isAlive()}`);
rmSync(directory, { recursive: true });
