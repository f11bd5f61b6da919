// One launcher that starts and kills daemons, and looks at itself. Arguments: how many.
import { readdirSync, readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';

const [count] = process.argv.slice(2);
const target = new URL('idle-target.mjs', import.meta.url);

const zombies = () =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && new RegExp(`\\) Z ${process.pid} `).test(readFileSync(`/proc/${name}/stat`, 'latin1'));
    } catch {
      return false;
    }
  }).length;

async function once() {
  const daemon = new Daemon({ target });
  await daemon.start();
  process.kill(daemon.pid, 'SIGKILL');
}

/** The garbage of the starts is not growth. */
async function look() {
  await new Promise((resolve) => setTimeout(resolve, 100));
  globalThis.gc?.();
  const { rss: resident, heapUsed: heap } = process.memoryUsage();
  return { descriptors: readdirSync('/proc/self/fd').length, zombies: zombies(), resident, heap };
}

/** Collected now and then, or the most garbage there ever was would count as growth. */
async function many(starts) {
  for (let n = 0; n < starts; n += 1) {
    await once();
    if (n % 20 === 0) globalThis.gc?.();
  }
}

// Code is compiled, caches fill; what grows after that is kept.
await many(100);
const before = await look();
const started = performance.now();
await many(Number(count));
const milliseconds = (performance.now() - started) / Number(count);
const after = await look();
console.log(JSON.stringify({ before, after, milliseconds }));
