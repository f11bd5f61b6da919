// A cron daemon that works on one of many hosts, and stands by on the others: `node examples/dist/41-leased-daemon.js start`, with DATABASE_URL set, on each of them.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { control, Daemon } from '@daemonium/daemon';
import { Lease } from '@daemonium/lease';
import { postgres } from '@daemonium/lease/postgres';

/** Where this host keeps its pid file and its log. */
const directory = process.env['STATE_DIRECTORY'] ?? import.meta.dirname;
const holder = process.env['HOST'] ?? hostname();
const duration = Number(process.env['LEASE_DURATION'] ?? 15_000);

class Cron extends Daemon {
  override async run(): Promise<void> {
    for (let tick = 1; !this.shutdown.aborted; tick++) {
      // Just before each step that must be done by one alone. A store that remembers the highest token refuses what comes too late all the same.
      if (this.lease?.isLocked()) console.log(`${holder}: tick ${tick}, token ${this.lease.token}`);
      await pause(200, undefined, { signal: this.shutdown });
    }
  }
}

const lease = new Lease('example/leased-daemon', postgres(process.env['DATABASE_URL'] ?? ''), { holder, duration });
await control(new Cron({ name: 'cron', pidFile: join(directory, 'cron.pid'), stdout: join(directory, 'cron.log'), lease }));
