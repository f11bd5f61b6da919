// A script that is its daemon's command line: `node examples/dist/20-control.js start`, and then status, reload, restart, stop, --help.
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { control, Daemon } from '@daemonium/daemon';

class Ticker extends Daemon {
  override async run(): Promise<void> {
    let interval = 1000;
    this.on('reload', () => {
      interval /= 2;
      console.log(`reload: a tick every ${interval} ms from now on`);
    });
    for (let tick = 1; !this.shutdown.aborted; tick++) {
      console.log(`tick ${tick}`);
      // Rejects when `shutdown` aborts, which ends run() in good order.
      await pause(interval, undefined, { signal: this.shutdown });
    }
  }
}

const directory = resolve(process.env['TICKER_DIRECTORY'] ?? import.meta.dirname);
await control(
  new Ticker({
    name: 'ticker',
    pidFile: join(directory, 'ticker.pid'),
    stdout: join(directory, 'ticker.log'),
    stderr: join(directory, 'ticker.log'),
  }),
);
