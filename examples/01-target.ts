// A function that becomes a daemon: `node examples/dist/01-target.js`
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon } from '@daemonium/daemon';

const daemon = new Daemon({
  args: ['the clock', 100],
  async target(this: Daemon, name: string, interval: number) {
    console.log(`${name} runs as pid ${process.pid}`);
    while (!this.shutdown.aborted) {
      console.log(new Date().toISOString());
      await pause(interval);
    }
    console.log(`${name} stopped`);
  },
  pidFile: `${import.meta.dirname}/clock.pid`,
  stdout: `${import.meta.dirname}/clock.log`,
  stderr: `${import.meta.dirname}/clock.log`,
});

await daemon.start();

// The script runs a second time in the daemon, which stays in start(): from here on only the launcher goes on.
console.log('started, and free of this terminal');
await pause(250);
const { signal } = await daemon.stop();
console.log(
  `stopped by ${signal}; its log ends with: ${readFileSync(`${import.meta.dirname}/clock.log`, 'utf8')
    .trim()
    .split('\n')
    .at(-1)}`,
);
