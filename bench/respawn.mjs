// What `respawn` costs: the shell's memory; the time from kill -9 to run() of the next run, beside a bare boot of Node; whether the lock is ever free.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { proveHolder } from '@daemonium/core';
import { Daemon } from '@daemonium/daemon';

const ROUNDS = 20;
const DELAY = 100;
const PRIVATE_MAX = 350;
const OVER_BOOT_MAX = 25;
const LOOK_EVERY = 20;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Its variables count as part of a boot: NODE_EXTRA_CA_CERTS alone takes 28 ms on Node 20. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME };

const now = () => performance.timeOrigin + performance.now();
/** Programs of their own: what this file imports is no part of a daemon. */
const program = (name) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));

/** In KiB. */
function privateMemory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...text.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].reduce((sum, [, size]) => sum + Number(size), 0);
}

/** From the spawn to the first line of a module, in ms, as the process itself sees the clock. */
function bareBoot() {
  const began = now();
  const { stdout } = spawnSync(process.execPath, [program('bare-clock')], { env, encoding: 'utf8' });
  return Number(stdout) - began;
}

async function nextRun(file, before) {
  for (;;) {
    const [time, pid] = readFileSync(file, 'utf8').split(' ').map(Number);
    if (pid > 0 && pid !== before) return { time, pid };
    // The run has written the time. A look takes its own from it.
    await pause(20);
  }
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  const [pidFile, file] = [join(directory, 'respawn.pid'), join(directory, 'run')];
  const daemon = new Daemon({ pidFile });
  try {
    writeFileSync(file, '');
    execFileSync(process.execPath, [program('respawned'), pidFile, file, String(DELAY)], { env });
    const { supervisor } = daemon.status();
    const memory = privateMemory(supervisor);
    let free = 0;
    let looks = 0;
    const watch = setInterval(() => {
      looks++;
      const holder = proveHolder(pidFile);
      if (typeof holder === 'string' || holder.pid !== supervisor) free++;
    }, LOOK_EVERY);
    const boots = [];
    const returns = [];
    let { pid } = await nextRun(file, 0);
    for (let round = 0; round < ROUNDS; round++) {
      boots.push(bareBoot());
      // Long enough to be healthy, so that each pause is the first.
      await pause(100);
      const killed = now();
      process.kill(pid, 'SIGKILL');
      const next = await nextRun(file, pid);
      returns.push(next.time - killed - DELAY);
      pid = next.pid;
    }
    clearInterval(watch);
    // Each round has its own bare boot beside it, so that what else the machine does is in both.
    const over = median(returns.map((time, round) => time - boots[round]));
    const figures = {
      "the shell's private memory, KiB": memory,
      'kill -9 to run(), without the pause, ms (median)': Math.round(median(returns)),
      'the same (worst)': Math.round(Math.max(...returns)),
      'bare boot of Node, ms (median)': Math.round(median(boots)),
      'over a bare boot, ms (median of the rounds)': Math.round(over),
      'looks at the lock': looks,
      'the lock was free': free,
    };
    const pass = memory <= PRIVATE_MAX && over <= OVER_BOOT_MAX && free === 0;
    return { name: 'respawn', figures, target: `<= ${PRIVATE_MAX} KiB; a bare boot + ${OVER_BOOT_MAX} ms; never free`, pass };
  } finally {
    await daemon.stop().catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
