// A module as the target, as for `new Worker(url)`: nothing of this script runs in the daemon. `node examples/dist/06-module-target.js`
// That is what a server or a command line uses that starts daemons and lives on.
import { readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';

console.log('printed once');

const daemon = new Daemon({
  target: new URL('./06-module-target-counter.js', import.meta.url),
  args: [1_000, 10],
  kwargs: { label: 'count' },
  pidFile: 'counter.pid',
  stdout: 'counter.log',
  stderr: 'counter.log',
});
await daemon.start();
console.log(`running: ${daemon.isAlive()}`);
await daemon.stop();
console.log(`the log: ${readFileSync('counter.log', 'utf8').trim().split('\n')[0]}`);
