// A new version of an HTTP service takes over while clients go on asking it. The launcher counts what fails: nothing.
// With `--respawn` the service also comes back when it crashes: the new version has a shell of its own for that.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Daemon, drain, isDaemonProcess } from '@daemonium/daemon';

const directory = isDaemonProcess ? '' : mkdtempSync(join(tmpdir(), 'upgrade-'));
const socketPath = join(directory, 'web.sock');

const web = new Daemon({
  name: 'web',
  pidFile: join(directory, 'web.pid'),
  detach: true,
  respawn: process.argv.includes('--respawn'),
  // The launcher listens; the daemon and each of its successors have the socket from the first line of run().
  listen: [socketPath],
  async target() {
    const server = createServer((_request, response) => response.end(String(process.pid)));
    server.listen(this.sockets[0]);
    // SIGTERM, or a successor that is ready: `this.shutdown.reason.code` is ERR_UPGRADED then.
    await once(this.shutdown, 'abort');
    await drain(server);
  },
});
await web.start();

let failed = 0;
const answers = new Map<string, number>();
const agent = new Agent({ keepAlive: true });

function ask(): Promise<void> {
  return new Promise((resolve) => {
    const request = get({ socketPath, agent }, async (response) => {
      const pid = await text(response);
      answers.set(pid, (answers.get(pid) ?? 0) + 1);
      resolve();
    });
    request.on('error', () => {
      failed += 1;
      resolve();
    });
  });
}

let isOver = false;
const clients = Array.from({ length: 4 }, async () => {
  while (!isOver) await ask();
});

const { pid, previous } = await web.upgrade();
console.log(`process ${pid} has taken over from ${previous}`);
// On the connections that a client keeps, the old process has one answer more.
while (!answers.has(String(pid))) await ask();
isOver = true;
await Promise.all(clients);
agent.destroy();
console.log(
  `${answers.size} processes have answered ${[...answers.values()].reduce((all, each) => all + each)} requests, ${failed} have failed`,
);
await web.stop();
rmSync(directory, { recursive: true });
