// Upgrades of an HTTP service under load: no request fails, and the slowest waits no longer than a boot of Node beside the usual.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, drain } from '@daemonium/daemon';

const UPGRADES = 20;
const CLIENTS = 4;
const here = fileURLToPath(import.meta.url);

const daemon = (directory) =>
  new Daemon({
    name: 'web',
    pidFile: join(directory, 'web.pid'),
    listen: [join(directory, 'web.sock')],
    detach: true,
    async target() {
      const server = createServer((_request, response) => setTimeout(() => response.end(String(process.pid)), 5));
      server.listen(this.sockets[0]);
      await once(this.shutdown, 'abort');
      await drain(server);
    },
  });

const ask = (options) =>
  new Promise((resolve, reject) => {
    get(options, (response) => response.resume().on('end', resolve).on('error', reject)).on('error', reject);
  });

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** What a bare Node takes, with the load beside it. */
function boot() {
  const began = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

async function measure(directory, keepAlive) {
  execFileSync(process.execPath, [here, 'start', directory]);
  const agent = new Agent({ keepAlive });
  const times = [];
  const errors = [];
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      const began = performance.now();
      await ask({ socketPath: join(directory, 'web.sock'), agent }).then(
        () => times.push(performance.now() - began),
        ({ code }) => errors.push(code),
      );
    }
  });
  const web = new Daemon({ pidFile: join(directory, 'web.pid') });
  try {
    for (let count = 0; count < UPGRADES; count++) await web.upgrade();
  } finally {
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    await web.stop();
  }
  return { times, errors };
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  try {
    const fresh = await measure(directory, false);
    const kept = await measure(directory, true);
    const bare = median(Array.from({ length: 5 }, boot));
    const slowest = (times) => Math.max(...times);
    const limit = ({ times }) => 2 * median(times) + bare;
    const figures = {
      errors: fresh.errors.length + kept.errors.length,
      requests: fresh.times.length + kept.times.length,
      'a connection each, ms (median)': median(fresh.times),
      'a connection each, ms (slowest)': slowest(fresh.times),
      'kept connections, ms (median)': median(kept.times),
      'kept connections, ms (slowest)': slowest(kept.times),
      'boot of Node, ms': bare,
      upgrades: 2 * UPGRADES,
    };
    const pass = figures.errors === 0 && [fresh, kept].every((each) => slowest(each.times) <= limit(each));
    return { name: 'upgrade under load', figures, target: '0 errors, slowest <= 2 x median + a boot', pass };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === here) {
  const [role, directory] = process.argv.slice(2);
  if (role === 'start') await daemon(directory).start();
  else console.log(await run());
}
