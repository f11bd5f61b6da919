// An HTTP service as a daemon: `node examples/dist/08-http-service.js start /tmp/service`, then `stop` instead of `start`.
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { Daemon } from '@daemonium/daemon';

class HttpService extends Daemon<[port: number]> {
  #served = 0;

  override async run(port: number): Promise<void> {
    const server = createServer((request, response) => {
      this.#served += 1;
      console.log(`${request.method} ${request.url}`);
      response.end(`request ${this.#served}, answered by pid ${process.pid}\n`);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // Only now does start() resolve in the launcher: a port that is taken is still the launcher's error.
    this.ready();
    await once(this.shutdown, 'abort');
    server.close();
    await once(server, 'close');
    console.log('closed');
  }
}

const [verb = 'start', where = import.meta.dirname, port = '0'] = process.argv.slice(2);
const directory = resolve(where);
mkdirSync(directory, { recursive: true });

const service = new HttpService({
  name: 'http-service',
  args: [Number(port)],
  pidFile: join(directory, 'service.pid'),
  stdout: join(directory, 'service.log'),
  stderr: join(directory, 'service.log'),
  waitForReady: true,
});

if (verb === 'stop') {
  const { pid, signal } = await service.stop();
  console.log(`stopped: pid ${pid} ended after ${signal}`);
} else {
  try {
    await service.start();
    console.log(`started: pid ${service.pid}`);
  } catch (error) {
    console.error(`not started: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
