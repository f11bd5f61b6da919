// A cron job that runs on one of many hosts: `node examples/dist/40-cron-on-three-hosts.js postgres://user@host/database web-1`, and the same on the other hosts.
import { setTimeout as pause } from 'node:timers/promises';
import { AlreadyLeasedError, Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';

const [url = '', holder = 'host', duration = '15000'] = process.argv.slice(2);
const engine = url.startsWith('http') ? etcd(url.split(',')) : postgres(url);
const lease = new Lease('example/cron', engine, { holder, duration: Number(duration) });

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

// A process that has lost the lease ends, whatever its work is at; a supervisor starts the next, which stands by.
lease.lost.addEventListener('abort', () => {
  console.log(`${holder}: lost, ${lease.lost.reason.why}`);
  process.exit(75);
});

async function work(): Promise<void> {
  for (let tick = 1; !stop.signal.aborted; tick++) {
    // Just before each step that must be done by one alone. A store that remembers the highest token refuses what comes too late all the same.
    if (!lease.isLocked()) return;
    console.log(`${holder}: tick ${tick}, token ${lease.token}`);
    await pause(200, undefined, { signal: stop.signal }).catch(() => {});
  }
}

try {
  await lease.acquire({ signal: stop.signal, onStandby: () => console.log(`${holder}: standing by`) });
  await lease.seal();
  await work();
  // Only now that the work has ended.
  await lease.release();
  console.log(`${holder}: released`);
} catch (error) {
  if (!stop.signal.aborted || error instanceof AlreadyLeasedError) throw error;
}
