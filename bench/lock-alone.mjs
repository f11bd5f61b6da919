// What a lock costs a process that needs it once, such as a job of cron: import('@daemonium/core'), acquireSync() + seal() + release(), beside
// bare Node.js. Pairs that alternate, each process in a clean environment, and the median of their differences.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, runAlone, scratch } from './support/lock-support.mjs';

export const everyNode = true;

const PAIRS = 60;
/** Milliseconds over bare Node.js. */
const TARGET = 6;

const program = (name) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
// NODE_EXTRA_CA_CERTS alone adds 28 ms to the boot of Node 20.
const env = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Milliseconds from the spawn to the end. */
function lifetime(args) {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const milliseconds = performance.now() - started;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return milliseconds;
}

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'job.pid');
    const ways = {
      bare: [program('bare-end')],
      lock: [program('lock-once'), path],
      imported: [program('lock-once')],
    };
    const seen = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    for (let round = -2; round < PAIRS; round++) {
      const order = Object.entries(ways);
      for (const [way, args] of round % 2 === 0 ? order : order.reverse()) {
        const milliseconds = lifetime(args);
        // The first rounds fill the caches.
        if (round >= 0) seen[way].push(milliseconds);
      }
    }
    const over = (way) => median(seen[way].map((milliseconds, pair) => milliseconds - seen.bare[pair]));
    return {
      name: 'a lock alone, in a new process',
      figures: {
        'over bare node, ms': over('lock'),
        'of it the import, ms': over('imported'),
        'bare node, ms': median(seen.bare),
        pairs: PAIRS,
      },
      target: `<= ${TARGET} ms over bare node`,
      pass: over('lock') <= TARGET,
    };
  });
}

await runAlone(import.meta.url, run);
