// Own steps between the stages: `node examples/dist/04-own-steps.js`
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Daemon } from '@daemonium/daemon';

const daemon = new Daemon({
  pidFile: `${import.meta.dirname}/steps.pid`,
  stdout: `${import.meta.dirname}/steps.log`,
  stderr: `${import.meta.dirname}/steps.log`,
});

// The launcher stays in here, follows the daemon to its READY, and ends. What comes after runs in the daemon alone.
await daemon.stage2();

// Still with the launcher's rights (a port below 1024, a key that only root may read), still with its output.
const server = createServer((_request, response) => response.end(readFileSync('/proc/self/comm')));
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log('the port is open; stages 3 to 9 follow');

await daemon.activate();

console.log(`daemon ${process.pid}: stage 9 is done, so this goes into the log`);
await once(daemon.shutdown, 'abort');
server.close();
await once(server, 'close');
