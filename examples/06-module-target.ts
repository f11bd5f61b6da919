// A module as the target, as for `new Worker(url)`: nothing of this script runs in the daemon. `node examples/dist/06-module-target.js`
// That is what a server or a command line uses that starts daemons and lives on.
import { readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import type count from './06-module-target-counter.ts';

console.log('printed once');

const daemon = new Daemon<Parameters<typeof count>>({
  target: new URL('./06-module-target-counter.js', import.meta.url),
  args: [1_000, 10],
  kwargs: { label: 'count' },
  pidFile: `${import.meta.dirname}/counter.pid`,
  stdout: `${import.meta.dirname}/counter.log`,
  stderr: `${import.meta.dirname}/counter.log`,
});
await daemon.start();
console.log(`running: ${daemon.isAlive()}`);
await daemon.stop();
console.log(
  `the log: ${
    readFileSync(`${import.meta.dirname}/counter.log`, 'utf8')
      .trim()
      .split('\n')[0]
  }`,
);
