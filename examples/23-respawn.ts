// A daemon that crashes now and then, and comes back: `node examples/dist/23-respawn.js start`, then status, and stop.
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { control, Daemon } from '@daemonium/daemon';

const directory = resolve(process.env['FLAKY_DIRECTORY'] ?? import.meta.dirname);

class Flaky extends Daemon {
  override async run(): Promise<void> {
    appendFileSync(join(directory, 'flaky.runs'), `run ${process.pid}\n`);
    await pause(1_000, undefined, { signal: this.shutdown });
    throw new Error('nothing lasts');
  }
}

await control(
  new Flaky({
    name: 'flaky',
    pidFile: join(directory, 'flaky.pid'),
    stderr: join(directory, 'flaky.log'),
    // Five tries, with longer and longer pauses; a run of a minute counts as healthy, and there are five more.
    respawn: { delay: 100, limit: 5 },
  }),
);
