// How long stop() takes, from the call to a free lock and a process that is gone: of a daemon that asks for no time, and of one that waits for `shutdown`.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon } from '@daemonium/daemon';

const ROUNDS = 25;
const TARGET = 50;

class Idle extends Daemon {
  async run(kind) {
    if (kind === 'waiting') await once(this.shutdown, 'abort');
    else await new Promise(() => {});
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function measure(directory, kind) {
  const pidFile = join(directory, `${kind}.pid`);
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), 'start', pidFile, kind]);
    // Its start has to be over: what the event loop still has to do is no part of a stop.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const daemon = new Daemon({ pidFile });
    const began = performance.now();
    const { forced } = await daemon.stop();
    times.push(performance.now() - began);
    if (forced || daemon.isAlive()) throw new Error('It was not stopped in good order');
  }
  return times;
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  try {
    const idle = await measure(directory, 'idle');
    const waiting = await measure(directory, 'waiting');
    const figures = {
      'idle, ms (median)': median(idle),
      'idle, ms (worst)': Math.max(...idle),
      'waiting for shutdown, ms (median)': median(waiting),
      'waiting for shutdown, ms (worst)': Math.max(...waiting),
      rounds: ROUNDS,
    };
    const pass = Math.max(...idle, ...waiting) <= TARGET;
    return { name: 'stop of an idle daemon', figures, target: `<= ${TARGET} ms`, pass };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [role, pidFile, kind] = process.argv.slice(2);
  if (role === 'start') await new Idle({ pidFile, args: [kind], detach: true }).start();
  else console.log(await run());
}
